# awk -f stack.awk kws.su DISASSEMBLY: the most that a call takes of a stack. The first file is that of -fstack-usage, the other what
# `objdump -dr` says of the object: who calls, or jumps to, whom.
NR == FNR {
    split($1, place, ":")
    frame[place[length(place)]] = $2
    next
}
/^[0-9a-f]+ <.*>:$/ {
    from = $2
    gsub(/[<>:]/, "", from)
}
/<[A-Za-z_0-9.]+>$/ || /R_[A-Z0-9_]+/ {
    to = /R_[A-Z0-9_]+/ ? $3 : $NF
    gsub(/[<>]/, "", to)
    sub(/-0x[0-9a-f]+$/, "", to)
    if (to in frame && to != from) calls[from, ++count[from]] = to
}
function deepest(name, k, below, most) {
    if (name in known) return known[name]
    for (k = 1; k <= count[name]; k++) {
        below = deepest(calls[name, k])
        most = below > most ? below : most
    }
    return known[name] = frame[name] + most
}
END {
    for (name in frame) {
        total = deepest(name)
        all = total > all ? total : all
    }
    print all + 0
}
