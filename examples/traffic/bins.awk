# Packets to what model.snn reads: for each flow, a line for each tenth of a second, with how many packets of which size came in
# it, 30 columns of one direction and 30 of the other. Of 20 flows, 13 are to learn from, 4 to validate, 3 to test.
#     awk -f bins.awk packets.csv > DIR/traffic.csv
# The first line names the columns, in any order; the lines of a flow stand together. Seconds, bytes, 0 or 1, a word.

function fail(text) {
    print "bins.awk: line " NR ": " text > "/dev/stderr"
    failed = 1
    exit 1
}

function flush_flow(    step, bin, line) {
    part = number % 20 < 13 ? "train" : number % 20 < 17 ? "valid" : "test"
    for (step = 0; step < 100; step++) {
        line = number "," part "," class
        for (bin = 0; bin < 60; bin++)
            line = line "," counts[step, bin] + 0
        print line
    }
    split("", counts)
    number++
}

BEGIN { FS = "," }
{ sub(/\r$/, "") }

NR == 1 {
    for (k = 1; k <= NF; k++)
        column[$k] = k
    count = split("flow time size direction class", wanted, " ")
    for (k = 1; k <= count; k++)
        if (!(wanted[k] in column))
            fail("there is no column `" wanted[k] "`: the first line names flow, time, size, direction and class")
    line = "flow,part,class"
    for (bin = 0; bin < 60; bin++)
        line = line ",bin_" bin
    print line
    next
}

$column["time"] !~ /^[0-9.]+$/ || $column["size"] !~ /^[0-9]+$/ || $column["direction"] !~ /^[01]$/ {
    fail("a time in seconds, a size in bytes and a direction, 0 or 1, are needed")
}

$column["flow"] != flow || NR == 2 {
    if (NR > 2)
        flush_flow()
    flow = $column["flow"]
    class = $column["class"]
    start = $column["time"]
}

{
    step = int(10 * ($column["time"] - start))
    bin = int($column["size"] / 50)
    if (step >= 0 && step < 100)
        counts[step, (bin < 30 ? bin : 29) + 30 * $column["direction"]]++
}

END {
    if (!failed && NR > 1)
        flush_flow()
}
