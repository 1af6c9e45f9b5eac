/* What the runtime is told of a program: its verifier. */
#include "loop.h"

static const char *verify_reference(const Program *program, BufferId buffer, const char *what, bool optional)
{
    if (buffer < program->buffers.count && buffer >= (optional ? -1 : 0))
        return NULL;
    return arena_printf(program->arena, "%s refers to buffer %d", what, buffer);
}

static const char *verify_fixed(const Program *program)
{
    const BufferId fixed[] = {program->input,  program->label, program->target, program->present,
                              program->sample, program->loss,  program->rate};
    const char *wrong = NULL;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed && !wrong; i++)
        wrong = verify_reference(program, fixed[i], "the program", true);
    return wrong;
}

static const char *verify_param(const Program *program, const LoopParam *param)
{
    const char *wrong = verify_reference(program, param->value, param->name, false);
    wrong = wrong ? wrong : verify_reference(program, param->gradient, param->name, true);
    if (!wrong && param->gradient < 0 && param->states > 0)
        wrong = arena_printf(program->arena, "%s is frozen, but the optimiser has states of it", param->name);
    for (int s = 0; s < param->states && !wrong; s++)
        wrong = verify_reference(program, param->state[s], param->name, false);
    return wrong;
}

static const char *verify_stream(const Program *program, const LoopStream *stream)
{
    const char *wrong = verify_reference(program, stream->values, stream->name, true);
    return wrong ? wrong : verify_reference(program, stream->activity, stream->name, true);
}

static const char *verify_watch(const Program *program, const LoopWatch *watch)
{
    if (watch->stream < 0 || watch->stream >= program->streams.count)
        return arena_printf(program->arena, "watch of stream %d", watch->stream);
    const char *wrong =
        verify_reference(program, watch->values, program->streams.at[watch->stream].name, false);
    if (wrong)
        return wrong;
    return program->buffers.at[watch->values].type == TYPE_F32 ? NULL : "watch of no numbers";
}

static const char *verify_prediction(const Program *program, const LoopPrediction *prediction)
{
    const char *wrong = verify_reference(program, prediction->values, "a prediction", false);
    return wrong ? wrong : verify_reference(program, prediction->predicted, "a prediction", true);
}

static const char *verify_metric(const Program *program, const LoopMetric *metric)
{
    if (metric->values < 0 && (metric->prediction < 0 || metric->prediction >= program->predictions.count))
        return arena_printf(program->arena, "metric of prediction %d", metric->prediction);
    return verify_reference(program, metric->values, metric->name, true);
}

const char *tables_verify(const Program *program)
{
    const char *wrong = verify_fixed(program);
    for (int p = 0; p < program->params.count && !wrong; p++)
        wrong = verify_param(program, &program->params.at[p]);
    for (int w = 0; w < program->watches.count && !wrong; w++)
        wrong = verify_watch(program, &program->watches.at[w]);
    for (int o = 0; o < program->predictions.count && !wrong; o++)
        wrong = verify_prediction(program, &program->predictions.at[o]);
    for (int m = 0; m < program->metrics.count && !wrong; m++)
        wrong = verify_metric(program, &program->metrics.at[m]);
    for (int s = 0; s < program->streams.count && !wrong; s++)
        wrong = verify_stream(program, &program->streams.at[s]);
    return wrong;
}
