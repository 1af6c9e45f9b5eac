/* `test`: how good a trained network is on the test set. */
#include "snn_test.h"
#include "snn_predictor.h"

/* False with the error set. */
static bool test_samples(SnnPredictor *predictor, const SnnOptions *options, SnnScore *score, SnnError *error)
{
    SnnRates rates;
    const SnnPart all = {.data = &predictor->data, .count = predictor->data.count};
    if (!snn_rates_open(&rates, predictor->session.model, error))
        return false;
    predictor->session.rates = options->rates != NULL ? &rates : NULL;
    bool ok = snn_session_test(&predictor->session, &all, predictor->seed, false, score)
              || snn_predictor_not_finite(predictor, error);
    predictor->session.rates = NULL;
    ok = ok && (options->rates == NULL || snn_rates_write(&rates, options->rates, error));
    snn_rates_close(&rates);
    return ok;
}

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
    bool ok = test_samples(&predictor, options, &score, error);
    if (ok)
        snn_score_print(model, &score);
    snn_predictor_close(&predictor);
    return ok ? SNN_OK : SNN_FAILED;
}
