# Packets of made-up flows as CSV: flow,time,size,direction,class. Four applications, each as it is and through a tunnel, which
# makes packets longer and adds delays. For a while, another one goes through the same connection.
#     awk -f generate.awk [-v flows=1000] [-v seed=1] > packets.csv

function uniform(a, b) { # the same on every machine
    state = (state * 16807) % 2147483647
    return a + (b - a) * state / 2147483647
}

function packet(time, size, direction) {
    if (tunnel) {
        time += uniform(0, 0.03)
        size = 16 * int((size + 40 + 15) / 16)
    }
    if (time >= from && time < to)
        packets[count++] = sprintf("%.4f,%d,%d", time, size < 1500 ? size : 1500, direction)
}

function waiting(mean) { return -mean * log(uniform(0, 1)) }

# Someone writes, someone answers.
function chat(    t) {
    for (t = waiting(0.4); t < 10; t += waiting(0.6))
        packet(t, uniform(60, 300), uniform(0, 1) < 0.5)
}

# Both sides all the time, at one pace.
function voice(    t, pace) {
    pace = uniform(0.05, 0.07)
    for (t = uniform(0, 0.1); t < 10; t += pace) {
        packet(t, uniform(150, 220), 0)
        packet(t + uniform(0, 0.03), uniform(150, 220), 1)
    }
}

# Much at once, then nothing until it has been seen.
function video(    t, k) {
    for (t = uniform(0, 2); t < 10; t += uniform(1.8, 2.4))
        for (k = 0; k < 40; k++) {
            packet(t + k * 0.01, uniform(1200, 1500), 1)
            if (k % 4 == 0)
                packet(t + k * 0.01, uniform(52, 80), 0)
        }
}

# Without a pause.
function transfer(    t) {
    for (t = uniform(0, 0.3); t < 10; t += waiting(0.05)) {
        packet(t, uniform(1200, 1500), 1)
        if (uniform(0, 1) < 0.5)
            packet(t, uniform(52, 80), 0)
    }
}

function run(application, begin, end) {
    from = begin
    to = end
    if (application == "chat") chat()
    if (application == "voice") voice()
    if (application == "video") video()
    if (application == "transfer") transfer()
}

BEGIN {
    split("chat voice video transfer", applications)
    state = seed ? seed : 1
    print "flow,time,size,direction,class"
    for (flow = 1; flow <= (flows ? flows : 1000); flow++) {
        application = applications[1 + int(uniform(0, 4))]
        tunnel = uniform(0, 1) < 0.5
        count = 0
        run(application, 0, 10)
        begin = uniform(0, 6)
        run(applications[1 + int(uniform(0, 4))], begin, begin + 4)
        for (k = 0; k < count; k++)
            print flow "," packets[k] "," application (tunnel ? "-tunnel" : "")
    }
}
