/* `test`: how good a trained network is on the test set. */
#include "snn_test.h"
#include "snn_predictor.h"

int snn_test(SnnModel *model, const SnnOptions *options, SnnError *error)
{
    SnnPredictor predictor;
    if (snn_score_name(model, 0) == NULL) {
        snn_fail(error,
                 "nothing to measure: the model `%s` has neither a loss nor a metric; add a line `metric "
                 "NAME = ...` to it",
                 model->name);
        return SNN_FAILED;
    }
    if (!snn_predictor_open(&predictor, model, options, error))
        return SNN_FAILED;
    SnnScore score;
    const SnnPart all = {.data = &predictor.data, .count = predictor.data.count};
    bool ok = snn_session_test(&predictor.session, &all, predictor.seed, false, &score);
    if (ok)
        snn_score_print(model, &score);
    else
        snn_predictor_not_finite(&predictor, error);
    snn_predictor_close(&predictor);
    return ok ? SNN_OK : SNN_FAILED;
}
