# Prints the tables of tests/bench/peers.sh. Input: lines of JSON, as step.c and step.py write them, and
#     shape WORKLOAD INPUTS HIDDEN CLASSES STEPS BATCH RECURRENT        where layers are dense
#     gradient WORKLOAD PARAMETER DIFFERENCE
#     roof ADDITIONS_A_SECOND
# Variables: workloads, threads, libraries: lists; the first library is snnc. Fails where a library's loss is
# not ours. A library may lack results of a workload.

function field(name,    text) {
    if (!match($0, "\"" name "\": (\"[^\"]*\"|[-+.0-9a-zA-Z]*)")) {
        printf "table.awk: no %s in: %s\n", name, $0 > "/dev/stderr"
        status = 2
        exit
    }
    text = substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 4)
    gsub(/"/, "", text)
    return text
}

# Sorts list[key, 1..n].
function sort_values(list, key, n,    i, j, x) {
    for (i = 2; i <= n; i++) {
        x = list[key, i]
        for (j = i - 1; j > 0 && list[key, j] > x; j--)
            list[key, j + 1] = list[key, j]
        list[key, j + 1] = x
    }
}

function median(list, key, n) {
    return (list[key, int((n + 1) / 2)] + list[key, int(n / 2) + 1]) / 2
}

function digits(x) {
    return sprintf(x < 100 ? "%.1f" : "%.0f", x)
}

function label(work) {
    sub(/\./, " .", work)
    return work
}

# A header: columns before those of the libraries, and behind them.
function header(before, after,    i, line, rule) {
    line = "| " before " |"
    for (i = 1; i <= library_count; i++)
        line = line " " title[library[i]] " |"
    line = line after
    print line
    rule = line
    gsub(/[^|]+/, "---:", rule)
    sub(/---:/, "---", rule)
    print rule
}

# What a library needs in units of what we do, or a dash.
function ratio(theirs, ours) {
    return theirs == "" ? " - |" : sprintf(" %.2f |", theirs / ours)
}

function number(x) {
    return x == "" ? " - |" : " " digits(x) " |"
}

# The least of the peers, with torch.compile or without.
function best(list, work, n, compiled,    i, x, least) {
    least = ""
    for (i = 2; i <= library_count; i++) {
        x = list[work, n, library[i]]
        if (x != "" && (compiled || library[i] != "compiled") && (least == "" || x < least))
            least = x
    }
    return least
}

# A value for each library, and, where there are peers, what these are in units of ours.
function table(list, of_time,    w, t, i, line, ours) {
    line = library_count > 1 ? " best peer / snnc |" : ""
    if (library_count > 1 && of_time)
        line = line " best without torch.compile / snnc | SpikingJelly / snnc |"
    header("workload | threads", line)
    for (w = 1; w <= workload_count; w++)
        for (t = 1; t <= thread_count; t++) {
            line = "| " label(workload[w]) " | " thread[t] " |"
            for (i = 1; i <= library_count; i++)
                line = line number(list[workload[w], thread[t], library[i]])
            ours = list[workload[w], thread[t], "snnc"]
            if (library_count > 1)
                line = line ratio(best(list, workload[w], thread[t], 1), ours)
            if (library_count > 1 && of_time)
                line = line ratio(best(list, workload[w], thread[t], 0), ours) \
                       ratio(list[workload[w], thread[t], "spikingjelly"], ours)
            print line
        }
}

function range_table(    w, t, i, line, key) {
    header("workload | threads", "")
    for (w = 1; w <= workload_count; w++)
        for (t = 1; t <= thread_count; t++) {
            line = "| " label(workload[w]) " | " thread[t] " |"
            for (i = 1; i <= library_count; i++) {
                key = workload[w] SUBSEP thread[t] SUBSEP library[i]
                line = line (rounds[key] ? " " digits(times[key, 1]) "..." digits(times[key, rounds[key]]) : " -") " |"
            }
            print line
        }
}

# No NaN is close to anything.
function close_to(x, expected) {
    return x - expected <= 1e-4 * expected && expected - x <= 1e-4 * expected
}

# The first loss in each library: the same network on the same data, so the same number.
function loss_table(    w, work, i, line, theirs) {
    header("workload | input rate | rates of layers", "")
    for (w = 1; w <= workload_count; w++) {
        work = workload[w]
        line = sprintf("| %s | %.4f | %s |", label(work), input_rate[work], rates[work])
        for (i = 1; i <= library_count; i++) {
            theirs = loss[work, library[i]]
            line = line (theirs == "" ? " - |" : sprintf(" %.6f |", theirs))
            if (theirs != "" && !close_to(theirs, loss[work, "snnc"])) {
                print "table.awk: another loss in " work ": " library[i] > "/dev/stderr"
                status = 1
            }
        }
        print line
    }
}

# Additions of a step, where each spike adds its row of weights: forward, and again for the gradient of the
# weights. The gradient of the hidden layer, which is not sparse, takes the weights behind it once more.
function additions(work,    spikes, behind) {
    behind = classes[work] + (recurrence[work] ? hidden[work] : 0)
    spikes = input_rate[work] * inputs[work] * hidden[work] + hidden_rate[work] * hidden[work] * behind
    return batch[work] * steps[work] * (2 * spikes + hidden[work] * behind)
}

function roof_table(    w, t, work, rate) {
    printf "\nSynaptic additions of snnc where layers are dense; the roof is %.1f billion a second and thread:\n\n", roof / 1e9
    print "| workload | threads | million additions a step | billion a second | of the roof |"
    print "|---|---:|---:|---:|---:|"
    for (w = 1; w <= workload_count; w++)
        for (t = 1; t <= thread_count; t++) {
            work = workload[w]
            if (!(work in inputs))
                continue
            rate = additions(work) / (1e-3 * time[work, thread[t], "snnc"])
            printf "| %s | %s | %.0f |", label(work), thread[t], additions(work) / 1e6
            printf " %.1f | %.0f%% |\n", rate / 1e9, 100 * rate / (roof * thread[t])
        }
}

function gradient_table(    g) {
    print "| workload | parameter | largest difference from PyTorch, in units of the largest gradient |"
    print "|---|---|---:|"
    for (g = 1; g <= gradients; g++)
        print gradient[g]
    if (!gradients)
        print "| none was compared | | |"
}

BEGIN {
    workload_count = split(workloads, workload, " ")
    thread_count = split(threads, thread, " ")
    library_count = split(libraries, library, " ")
    title["snnc"] = "snnc"
    title["pytorch"] = "PyTorch"
    title["compiled"] = "torch.compile"
    title["spikingjelly"] = "SpikingJelly"
    title["snntorch"] = "snnTorch"
    title["norse"] = "Norse"
}

$1 == "shape" {
    inputs[$2] = $3
    hidden[$2] = $4
    classes[$2] = $5
    steps[$2] = $6
    batch[$2] = $7
    recurrence[$2] = $8
    next
}

$1 == "gradient" {
    gradient[++gradients] = "| " label($2) " | " $3 " | " $4 " |"
    next
}

$1 == "roof" {
    roof = $2
    next
}

{
    work = field("workload")
    name = field("library")
    key = work SUBSEP field("threads") SUBSEP name
    n = ++rounds[key]
    times[key, n] = field("step_ms") + 0
    memories[key, n] = field("peak_mib") + 0
    loss[work, name] = field("loss") + 0
    version[name] = field("versions")
    if (name == "snnc") {
        input_rate[work] = field("input_rate") + 0
        rates[work] = field("rates")
        hidden_rate[work] = rates[work]
        sub(/.*hidden /, "", hidden_rate[work])
        hidden_rate[work] += 0
    } else if (name == "compiled" && first_seconds[work] < field("first_s") + 0)
        first_seconds[work] = field("first_s") + 0
}

END {
    if (status)
        exit status
    for (key in rounds) {
        sort_values(times, key, rounds[key])
        sort_values(memories, key, rounds[key])
        time[key] = median(times, key, rounds[key])
        memory[key] = median(memories, key, rounds[key])
    }
    for (i = 1; i <= library_count; i++)
        print "- " title[library[i]] ": " version[library[i]]
    for (w = 1; w <= workload_count; w++)
        if (workload[w] in first_seconds)
            compiling = compiling sprintf("%s %s %.0f s", compiling == "" ? "" : ",", label(workload[w]), first_seconds[workload[w]])
    if (compiling != "")
        print "- first step of torch.compile, not counted below:" compiling
    print "\nMilliseconds a training step, median of the rounds:\n"
    table(time, 1)
    print "\nTheir range over the rounds:\n"
    range_table()
    print "\nPeak memory of the process, MiB:\n"
    table(memory, 0)
    print "\nFiring rates and the first loss:\n"
    loss_table()
    print "\nGradients of the first step:\n"
    gradient_table()
    roof_table()
    exit status
}
