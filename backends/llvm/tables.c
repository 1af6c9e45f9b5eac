/* The tables that say what a program needs and describe it to the runtime; `main`. As backends/c/tables.c has them. */
#include "layout.h"

static const Buffer *buffer_at(const Unit *unit, BufferId id)
{
    return &unit->program->buffers.at[id];
}

static void row_place(Row *row, int member, BufferId buffer)
{
    row_number(row, member, (long long)net_place(row->unit, buffer));
}

/* ---- memory ---- */

static LLVMValueRef buffer_row(Unit *unit, BufferId id, LoopRoom room)
{
    const Buffer *buffer = buffer_at(unit, id);
    Row row = row_new(unit, RECORD_SnnBuffer);
    row_place(&row, SnnBuffer_at, id);
    if (buffer->place != id) {
        row_place(&row, SnnBuffer_place, buffer->place);
    } else {
        row_number(&row, SnnBuffer_each_sample, room.each_sample);
        row_number(&row, SnnBuffer_whole, room.whole);
        row_number(&row, SnnBuffer_sparse, buffer->sparse);
    }
    return row_constant(&row);
}

static LLVMValueRef buffer_table(Unit *unit, int *count)
{
    const Program *program = unit->program;
    const LoopRoom *rooms = loop_rooms(unit->arena, program);
    LLVMValueRef *rows = NEW_ARRAY(unit->arena, LLVMValueRef, program->buffers.count + 1);
    *count = 0;
    for (BufferId b = 0; b < program->buffers.count; b++)
        if (!buffer_is_of_kernel(buffer_at(unit, b)))
            rows[(*count)++] = buffer_row(unit, b, rooms[b]);
    return table_constant(unit, "net_buffers", unit->records[RECORD_SnnBuffer], rows, *count);
}

/* ---- description ---- */

static void param_states(Row *row, const LoopParam *param)
{
    Unit *unit = row->unit;
    LLVMValueRef places[MAX_STATES], names[MAX_STATES];
    for (int s = 0; s < param->states; s++) {
        places[s] = LLVMConstInt(unit->word, net_place(unit, param->state[s]), false);
        names[s] = text_constant(unit, param->state_name[s]);
    }
    row_number(row, SnnParam_states, param->states);
    row_values(row, SnnParam_at_state, places, param->states);
    row_values(row, SnnParam_state_name, names, param->states);
}

static LLVMValueRef param_row(Unit *unit, int index)
{
    const LoopParam *param = &unit->program->params.at[index];
    Row row = row_new(unit, RECORD_SnnParam);
    row_text(&row, SnnParam_name, param->name);
    row_text(&row, SnnParam_about, param->about);
    row_number(&row, SnnParam_line, param->line);
    row_number(&row, SnnParam_ndim, param->ndim);
    row_numbers(&row, SnnParam_dims, param->dims, param->ndim);
    row_number(&row, SnnParam_matrix, param->matrix);
    row_number(&row, SnnParam_kept, param->kept);
    row_place(&row, SnnParam_at_value, param->value);
    row_place(&row, SnnParam_at_gradient, param->gradient);
    param_states(&row, param);
    return row_constant(&row);
}

static LLVMValueRef stream_row(Unit *unit, int index)
{
    const LoopStream *stream = &unit->program->streams.at[index];
    const Buffer *values = stream->values >= 0 ? buffer_at(unit, stream->values) : NULL;
    BufferId floats = stream_floats(unit->program, stream);
    BufferId fired = stream_fired(unit->program, stream);
    Row row = row_new(unit, RECORD_SnnStream);
    row_text(&row, SnnStream_name, stream->name);
    row_text(&row, SnnStream_about, stream->about);
    row_number(&row, SnnStream_line, stream->line);
    row_number(&row, SnnStream_size, stream->size);
    row_number(&row, SnnStream_steps, stream->steps);
    row_number(&row, SnnStream_spikes, stream->spikes);
    row_number(&row, SnnStream_saved, stream->saved);
    row_number(&row, SnnStream_evaluated, stream->evaluated);
    row_number(&row, SnnStream_part, stream->part);
    row_number(&row, SnnStream_padding, floats >= 0 || fired >= 0 ? values->padding : 0);
    row_number(&row, SnnStream_per_sample, values ? buffer_elements(values) : 0);
    row_number(&row, SnnStream_operations, stream->operations);
    row_place(&row, SnnStream_at_values, floats);
    row_place(&row, SnnStream_at_fired, fired);
    row_place(&row, SnnStream_at_activity, stream->activity);
    return row_constant(&row);
}

static LLVMValueRef watch_row(Unit *unit, int index)
{
    const LoopWatch *watch = &unit->program->watches.at[index];
    Row row = row_new(unit, RECORD_SnnWatch);
    row_number(&row, SnnWatch_stream, watch->stream);
    row_text(&row, SnnWatch_state, watch->state);
    row_place(&row, SnnWatch_at, watch->values);
    row_number(&row, SnnWatch_padding, buffer_at(unit, watch->values)->padding);
    row_number(&row, SnnWatch_per_sample, buffer_elements(buffer_at(unit, watch->values)));
    return row_constant(&row);
}

static LLVMValueRef prediction_row(Unit *unit, int index)
{
    const LoopPrediction *prediction = &unit->program->predictions.at[index];
    Row row = row_new(unit, RECORD_SnnPrediction);
    row_text(&row, SnnPrediction_name, prediction->name);
    row_number(&row, SnnPrediction_size, prediction->size);
    row_number(&row, SnnPrediction_steps, prediction->steps);
    row_place(&row, SnnPrediction_at_values, prediction->values);
    row_place(&row, SnnPrediction_at_predicted, prediction->predicted);
    return row_constant(&row);
}

static LLVMValueRef metric_row(Unit *unit, int index)
{
    const LoopMetric *metric = &unit->program->metrics.at[index];
    Row row = row_new(unit, RECORD_SnnMetric);
    row_text(&row, SnnMetric_name, metric->name);
    row_place(&row, SnnMetric_at, metric->values);
    row_number(&row, SnnMetric_prediction, metric->prediction);
    return row_constant(&row);
}

static LLVMValueRef table(Unit *unit, Record record, const char *name, int count,
                          LLVMValueRef (*row)(Unit *unit, int index))
{
    LLVMValueRef *rows = NEW_ARRAY(unit->arena, LLVMValueRef, count + 1);
    for (int i = 0; i < count; i++)
        rows[i] = row(unit, i);
    return table_constant(unit, name, unit->records[record], rows, count);
}

static void tables(Row *model)
{
    Unit *unit = model->unit;
    const Program *program = unit->program;
    int buffers;
    row_value(model, SnnModel_tables_buffers, buffer_table(unit, &buffers));
    row_number(model, SnnModel_tables_buffer_count, buffers);
    row_value(model, SnnModel_tables_params,
              table(unit, RECORD_SnnParam, "net_params", program->params.count, param_row));
    row_number(model, SnnModel_tables_param_count, program->params.count);
    row_value(model, SnnModel_tables_streams,
              table(unit, RECORD_SnnStream, "net_streams", program->streams.count, stream_row));
    row_number(model, SnnModel_tables_stream_count, program->streams.count);
    row_value(model, SnnModel_tables_watches,
              table(unit, RECORD_SnnWatch, "net_watches", program->watches.count, watch_row));
    row_number(model, SnnModel_tables_watch_count, program->watches.count);
    row_value(
        model, SnnModel_tables_predictions,
        table(unit, RECORD_SnnPrediction, "net_predictions", program->predictions.count, prediction_row));
    row_number(model, SnnModel_tables_prediction_count, program->predictions.count);
    row_value(model, SnnModel_tables_metrics,
              table(unit, RECORD_SnnMetric, "net_metrics", program->metrics.count, metric_row));
    row_number(model, SnnModel_tables_metric_count, program->metrics.count);
}

static void places(Row *model)
{
    const Program *program = model->unit->program;
    row_place(model, program_takes_spikes(program) ? SnnModel_at_spikes : SnnModel_at_input, program->input);
    row_place(model, SnnModel_at_label, program->label);
    row_place(model, SnnModel_at_target, program->target);
    row_place(model, SnnModel_at_present, program->present);
    row_place(model, SnnModel_at_sample, program->sample);
    row_place(model, SnnModel_at_loss, program->loss);
    row_place(model, SnnModel_at_rate, program->rate);
}

/* Lines, and a null pointer behind the last. */
static LLVMValueRef text_table(Unit *unit, const char *name, const char *const *lines, int count)
{
    LLVMValueRef *rows = NEW_ARRAY(unit->arena, LLVMValueRef, count + 1);
    for (int i = 0; i < count; i++)
        rows[i] = text_constant(unit, lines[i]);
    rows[count] = text_constant(unit, NULL);
    return table_constant(unit, name, unit->pointer, rows, count + 1);
}

/* Something of the runtime that the program names, so that the linker takes that part. */
static void named(Row *model, int member, const char *name)
{
    Unit *unit = model->unit;
    LLVMValueRef known = LLVMGetNamedGlobal(unit->module, name);
    row_value(model, member, known ? known : LLVMAddGlobal(unit->module, unit->i8, name));
}

static void needed(Row *model, int member, Need need, const char *name)
{
    if (program_needs(model->unit->program, need))
        named(model, member, name);
}

static void commands(Row *model)
{
    needed(model, SnnModel_train, NEED_TRAIN, "snn_train");
    needed(model, SnnModel_test, NEED_TEST, "snn_test");
    needed(model, SnnModel_predict, NEED_PREDICT, "snn_predict");
    needed(model, SnnModel_info, NEED_INFO, "snn_info");
    needed(model, SnnModel_report, NEED_REPORT, "snn_report");
}

static void data(Row *model)
{
    Unit *unit = model->unit;
    const Program *program = unit->program;
    if (program->data_format)
        named(model, SnnModel_data_format, arena_printf(unit->arena, "snn_%s", program->data_format));
    if (program->data_settings.count > 0)
        row_value(model, SnnModel_data_settings,
                  text_table(unit, "text_of_data", program->data_settings.at, program->data_settings.count));
    row_text(model, SnnModel_data_folder, program->data_folder);
    row_number(model, SnnModel_data_ndim, program->data_ndim);
    row_numbers(model, SnnModel_data_dims, program->data_dims, program->data_ndim);
    row_number(model, SnnModel_data_classes, program->classes);
    row_number(model, SnnModel_data_label_steps, program->label_steps);
    row_number(model, SnnModel_data_target_ndim, program->target_ndim);
    row_numbers(model, SnnModel_data_target_dims, program->target_dims, program->target_ndim);
}

static void training(Row *model)
{
    const Program *program = model->unit->program;
    row_number(model, SnnModel_batch, program->batch);
    row_number(model, SnnModel_whole, program->whole);
    row_number(model, SnnModel_epochs, program->epochs);
    row_number(model, SnnModel_least_batch, program->least_batch);
    row_number(model, SnnModel_seed, program->seed);
    row_float(model, SnnModel_lr, program->lr);
    row_float(model, SnnModel_clip_norm, program->clip_norm);
    row_text(model, SnnModel_optimizer, program->optimizer);
    row_text(model, SnnModel_learning, program->learning);
}

static LLVMValueRef description(Unit *unit)
{
    const Program *program = unit->program;
    Row model = row_new(unit, RECORD_SnnModel);
    row_text(&model, SnnModel_name, program->name);
    row_text(&model, SnnModel_version, unit->options->version);
    row_text(&model, SnnModel_source, program->source);
    row_number(&model, SnnModel_steps, program->steps);
    row_float(&model, SnnModel_dt, program->dt);
    data(&model);
    commands(&model);
    training(&model);
    row_value(&model, SnnModel_network,
              text_table(unit, "text_of_network", program->network_text.at, program->network_text.count));
    row_value(&model, SnnModel_training,
              text_table(unit, "text_of_training", program->training_text.at, program->training_text.count));
    row_value(&model, SnnModel_drawing,
              text_table(unit, "drawing_of_network", program->drawing.at, program->drawing.count));
    tables(&model);
    places(&model);
    row_number(&model, SnnModel_net_bytes, (long long)LLVMABISizeOfType(unit->target->layout, unit->net));
    for (Phase phase = 0; phase < PHASE_COUNT && !unit->share; phase++)
        if (program_has(program, phase))
            row_value(&model, phase_member(phase), unit->phases[0][phase]);
    row_value(&model, SnnModel_choose, unit_choice(unit));
    LLVMValueRef constant = row_constant(&model);
    LLVMValueRef global = LLVMAddGlobal(unit->module, LLVMTypeOf(constant), "description");
    LLVMSetInitializer(global, constant);
    LLVMSetGlobalConstant(global, true);
    return global;
}

/* Hands a copy of the description to the runtime. */
static void main_function(Unit *unit, LLVMValueRef model)
{
    LLVMTypeRef types[] = {unit->i32, unit->pointer, unit->pointer}, record = unit->records[RECORD_SnnModel];
    LLVMTypeRef main_type = LLVMFunctionType(unit->i32, types, 2, false);
    LLVMTypeRef run_type = LLVMFunctionType(unit->i32, types, 3, false);
    LLVMValueRef function = unit_function(unit, "main", main_type, LLVMExternalLinkage);
    LLVMPositionBuilderAtEnd(unit->builder, LLVMAppendBasicBlockInContext(unit->context, function, ""));
    LLVMValueRef copy = LLVMBuildAlloca(unit->builder, record, "");
    unsigned align = LLVMABIAlignmentOfType(unit->target->layout, record);
    LLVMValueRef bytes = LLVMConstInt(unit->word, LLVMABISizeOfType(unit->target->layout, record), false);
    LLVMBuildMemCpy(unit->builder, copy, align, model, align, bytes);
    LLVMValueRef arguments[] = {LLVMGetParam(function, 0), LLVMGetParam(function, 1), copy};
    LLVMBuildRet(unit->builder, LLVMBuildCall2(unit->builder, run_type,
                                               named_function(unit, "snn_main", run_type), arguments, 3, ""));
}

void unit_tables(Unit *unit)
{
    LLVMValueRef model = description(unit);
    if (unit->options->runtime)
        main_function(unit, model);
}
