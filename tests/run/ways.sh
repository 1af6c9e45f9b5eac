# shellcheck shell=sh
# ways: what inferred.h and infer.c have to know of kws.h
ways() {
    grep -q 'int32_t sample[,)]' kws.h && printf ' -DDRAWS'
    grep -q 'in\[KWS_STEPS\]' kws.h && printf ' -DTEMPORAL'
    grep -q 'const uint8_t in' kws.h && printf ' -DSPIKES'
    grep -q 'kws_run_steps(' kws.h && printf ' -DLENGTHS'
    grep -q 'kws_step(kws_state' kws.h || printf ' -DWHOLE'
}
