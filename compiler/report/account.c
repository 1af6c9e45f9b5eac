#include "report/account.h"

#include "inference.h"

/* ---- energy -------------------------------------------------------------------------------------------- */

typedef struct Figures {
    bool reals;
    int bytes;
    double multiplication, addition;
} Figures;

/* Of whole numbers, those of the least size that holds them. */
static Figures figures_of(Type type)
{
    static const Figures known[] = {
#define ARITHMETIC(reals, bytes, name, multiplication, addition) {reals, bytes, multiplication, addition},
#include "report/figures.def"
#undef ARITHMETIC
    };
    size_t k = 0;
    while (known[k].reals != (type == TYPE_F32) || known[k].bytes < type_bytes(type))
        k++;
    return known[k];
}

/* Of a byte, in words of eight. */
static double byte_energy(int64_t memory)
{
#define MEMORY(bytes, name, word) \
    if (memory <= (bytes))        \
        return (word) / 8.0;
#include "report/figures.def"
#undef MEMORY
    return 0;
}

static void set_energy(const Account *account, Type type, Cost *cost)
{
    bool whole = account->program->whole_numbers;
    Figures figures = figures_of(type), neurons = figures_of(whole ? TYPE_I32 : TYPE_F32);
    cost->arithmetic = cost->additions * figures.addition
                       + cost->products * (figures.multiplication + figures.addition)
                       + cost->multiplications * neurons.multiplication + cost->operations * neurons.addition;
    cost->memory =
        cost->constant_bytes * byte_energy(account->flash) + cost->state_bytes * byte_energy(account->ram);
}

double cost_energy(const Cost *cost)
{
    return cost->arithmetic + cost->memory;
}

double cost_bytes(const Cost *cost)
{
    return cost->constant_bytes + cost->state_bytes;
}

double cost_synapses(const Cost *cost)
{
    return cost->additions + cost->products;
}

double cost_operations(const Cost *cost)
{
    return cost_synapses(cost) + cost->multiplications + cost->operations;
}

static void add_cost(Cost *sum, const Cost *cost, double times)
{
    sum->additions += times * cost->additions;
    sum->products += times * cost->products;
    sum->multiplications += times * cost->multiplications;
    sum->operations += times * cost->operations;
    sum->constant_bytes += times * cost->constant_bytes;
    sum->state_bytes += times * cost->state_bytes;
    sum->arithmetic += times * cost->arithmetic;
    sum->memory += times * cost->memory;
}

/* ---- memory -------------------------------------------------------------------------------------------- */

/* By buffer: the layer whose kernel is the first to touch it, or -1. */
typedef struct Owners {
    const Program *program;
    int layer;
    int *of;
} Owners;

static void own(void *context, BufferId *buffer, Access access)
{
    Owners *owners = context;
    if (access != ACCESS_HINT && owners->of[*buffer] < 0)
        owners->of[*buffer] = owners->layer;
}

static const int *find_owners(const Program *program)
{
    Owners owners = {.program = program, .of = NEW_ARRAY(program->arena, int, program->buffers.count + 1)};
    for (BufferId b = 0; b < program->buffers.count; b++)
        owners.of[b] = -1;
    for (Phase phase = PHASE_RESET; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < program->phases[phase].count; i++) {
            const Launch *launch = &program->phases[phase].at[i];
            owners.layer = launch->layer;
            loop_visit(&program->kernels.at[launch->kernel].body, own, &owners);
        }
    return owners.of;
}

/* The last row is of what belongs to no layer. */
static LayerAccount *row_of(Account *account, int layer)
{
    return &account->layers.at[layer < 0 ? account->layers.count - 1 : layer];
}

static void add_memory(Account *account, const Inference *layout)
{
    const Program *program = account->program;
    const int *owners = find_owners(program);
    for (BufferId b = 0; b < program->buffers.count; b++) {
        LayerAccount *row = row_of(account, owners[b]);
        int64_t bytes = buffer_bytes(&program->buffers.at[b]);
        row->flash += layout->constants[b] ? bytes : 0;
        const InferencePlace *place = inference_place(layout, b);
        row->ram += place && place->shared == 0 ? bytes : 0;
    }
    row_of(account, -1)->ram += layout->shared_bytes + layout->state_bytes - layout->events;
}

static int64_t code_bytes(bool reals)
{
#define SYNAPSE_CODE(of_reals, bytes) \
    if (reals == (of_reals))          \
        return (bytes);
#include "report/figures.def"
#undef SYNAPSE_CODE
    return 0;
}

/* Their lists are made of constants in either form; code does not read them. */
static void add_delays(Account *account, const Inference *layout)
{
    const Program *program = account->program;
    DelayAccount *delays = &account->delays;
    for (int l = 0; l < program->layers.count; l++)
        for (int d = 0; d < program->layers.at[l].drives.count; d++) {
            BufferId counted = program->layers.at[l].drives.at[d].counted;
            delays->synapses += counted >= 0 ? (int64_t)*program->buffers.at[counted].values : 0;
        }
    delays->as_code = delays->synapses > 0;
    for (BufferId b = 0; b < program->buffers.count; b++) {
        const Buffer *buffer = &program->buffers.at[b];
        if (buffer->length < 0 || !buffer->values)
            continue;
        delays->table_bytes += buffer_bytes(buffer);
        delays->as_code = delays->as_code && !layout->constants[b];
    }
    delays->code_bytes = delays->synapses * code_bytes(!program->whole_numbers);
}

static void add_stack(Account *account)
{
    const Program *program = account->program;
    for (Phase phase = PHASE_RESET; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < program->phases[phase].count; i++) {
            const Launch *launch = &program->phases[phase].at[i];
            LayerAccount *row = row_of(account, launch->layer);
            KernelStack stack = kernel_stack(program, &program->kernels.at[launch->kernel]);
            row->stack = stack.arrays > row->stack ? stack.arrays : row->stack;
            account->stack = stack.most > account->stack ? stack.most : account->stack;
        }
}

/* Floats, if there are some: whole numbers beside them are indices. */
static Type *weight_types(const Account *account, const Inference *layout)
{
    const Program *program = account->program;
    const int *owners = find_owners(program);
    Type *types = NEW_ARRAY(program->arena, Type, account->layers.count + 1);
    int64_t *most = NEW_ARRAY(program->arena, int64_t, account->layers.count + 1);
    for (BufferId b = 0; b < program->buffers.count; b++) {
        const Buffer *buffer = &program->buffers.at[b];
        int layer = owners[b];
        if (!layout->constants[b] || layer < 0)
            continue;
        bool first = most[layer] == 0, floats = buffer->type == TYPE_F32 && types[layer] != TYPE_F32;
        if (first || floats || (types[layer] != TYPE_F32 && buffer_bytes(buffer) > most[layer])) {
            types[layer] = buffer->type;
            most[layer] = buffer_bytes(buffer);
        }
    }
    return types;
}

/* ---- work ---------------------------------------------------------------------------------------------- */

/* `rate`: of inputs that spike. A weight is read and added to a sum in memory, which is read and stored. */
static void add_drive(const Program *program, const LoopDrive *drive, Type weights, double rate, Cost *cost)
{
    double count = (double)drive_products(program, drive) * (drive->spikes ? rate : 1);
    *(drive->spikes ? &cost->additions : &cost->products) += count;
    cost->constant_bytes += count * type_bytes(weights);
    cost->state_bytes += count * 2 * type_bytes(TYPE_F32);
}

static void add_neurons(const LoopLayer *layer, Cost *cost)
{
    cost->multiplications += (double)layer->multiplications;
    cost->operations += (double)layer->operations;
    cost->state_bytes += (double)layer->touched;
}

/* A weight and an input are read; sums are in registers. */
static void add_dense(const LoopDrive *drive, Type weights, double times, Cost *cost)
{
    double count = times * (double)drive->dense;
    cost->products += count;
    cost->constant_bytes += count * type_bytes(weights);
    cost->state_bytes += count * (drive->spikes ? 1 : type_bytes(TYPE_F32));
}

/* Of a maximum at most as often as any of what it is of. Not known: always. */
static double drive_rate(Account *account, const LoopDrive *drive)
{
    double rate = rate_of(account->rates, drive->stream) * drive->window;
    bool told = !account->rates || !drive->spikes || rate >= 0;
    for (int k = 0; k < account->unknown.count; k++)
        told = told || strcmp(account->unknown.at[k], drive->stream) == 0;
    if (!told)
        vec_push(account->program->arena, &account->unknown, drive->stream);
    return rate < 0 || rate > 1 ? 1 : rate;
}

/* What runs at each step counts for all of them. */
static void add_layer_work(Account *account, LayerAccount *row, Type weights)
{
    const LoopLayer *layer = row->layer;
    int times = layer->each_step ? account->steps : 1, all = account->program->steps;
    Cost dense = {0}, once = {0};
    for (int d = 0; d < layer->drives.count; d++) {
        const LoopDrive *drive = &layer->drives.at[d];
        add_drive(account->program, drive, weights, 1, &row->worst);
        add_drive(account->program, drive, weights, drive_rate(account, drive), &row->expected);
        add_dense(drive, weights, times, &dense);
        add_dense(drive, weights, layer->each_step ? 1 : 1.0 / all, &once);
    }
    add_neurons(layer, &row->worst);
    add_neurons(layer, &row->expected);
    Cost neurons = {0};
    add_neurons(layer, &neurons);
    add_cost(&dense, &neurons, times);
    if (layer->drives.count > 0) { /* max(0, x) */
        once.operations += layer->units;
        once.state_bytes += 2.0 * type_bytes(TYPE_F32) * layer->units;
    }
    set_energy(account, weights, &row->worst);
    set_energy(account, weights, &row->expected);
    set_energy(account, weights, &dense);
    set_energy(account, weights, &once);
    add_cost(&account->worst, &row->worst, times);
    add_cost(&account->expected, &row->expected, times);
    add_cost(&account->every_step, &dense, 1);
    add_cost(&account->once, &once, 1);
}

/* Of a sample, without any spike. */
static double silent_energy(const Account *account, const Type *types)
{
    double energy = 0;
    for (int l = 0; l < account->program->layers.count; l++) {
        const LoopLayer *layer = &account->program->layers.at[l];
        Cost cost = {0};
        for (int d = 0; d < layer->drives.count; d++)
            add_drive(account->program, &layer->drives.at[d], types[l], 0, &cost);
        add_neurons(layer, &cost);
        set_energy(account, types[l], &cost);
        energy += cost_energy(&cost) * (layer->each_step ? account->steps : 1);
    }
    return energy;
}

/* Energy is linear in the rate, if all that spikes does so at one. */
static double rate_below(const Account *account, double silent, const Cost *dense)
{
    double range = cost_energy(&account->worst) - silent, room = cost_energy(dense) - silent;
    return room <= 0 || range <= 0 ? 0 : room >= range ? 1 : room / range;
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

static bool takes_something(const LayerAccount *row)
{
    bool works = row->layer && (row->layer->parameters > 0 || cost_operations(&row->worst) > 0);
    return works || row->flash > 0 || row->ram > 0 || row->stack > 0;
}

static void drop_empty_rows(Account *account)
{
    int kept = 0;
    for (int l = 0; l < account->layers.count; l++)
        if (takes_something(&account->layers.at[l]))
            account->layers.at[kept++] = account->layers.at[l];
    account->layers.count = kept;
}

Account *account_of(const Program *program, const Rates *rates)
{
    Account *account = NEW(program->arena, Account);
    const Inference *layout = inference_of(program->arena, program);
    *account = (Account){.program = program,
                         .rates = rates,
                         .steps = program->whole_why ? 1 : program->steps,
                         .flash = layout->flash_bytes,
                         .ram = layout->state_bytes};
    for (int l = 0; l < program->layers.count; l++) {
        LayerAccount row = {.layer = &program->layers.at[l]};
        row.rate = rate_of(rates, row.layer->name);
        vec_push(program->arena, &account->layers, row);
    }
    vec_push(program->arena, &account->layers, ((LayerAccount){.rate = -1}));
    add_memory(account, layout);
    add_delays(account, layout);
    add_stack(account);
    const Type *types = weight_types(account, layout);
    for (int l = 0; l < program->layers.count; l++)
        add_layer_work(account, &account->layers.at[l], types[l]);
    double silent = silent_energy(account, types);
    account->below_every_step = rate_below(account, silent, &account->every_step);
    account->below_once = rate_below(account, silent, &account->once);
    drop_empty_rows(account);
    return account;
}
