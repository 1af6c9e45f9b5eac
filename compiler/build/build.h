/* AST -> Net: what the files of this folder share. One walk elaborates the model and reports every
 * mistake; an expression with a mistake becomes poison, which causes no further messages.
 *
 * Each file calls those before it only:
 *   units.c      exponents of time and voltage         value.c      what expressions come to
 *   scope.c      names, definitions, reporting once    warn.c       what compiles and is likely a mistake
 *   check.c      the rules about values and shapes     names.c      what is built in; unknown names
 *   arguments.c  arguments bound to formals            chain.c      chains as they are written
 *   scalar.c     run scalars                           combine.c    operations on values
 *   operators.c  signs of formulas                     eval.c       formulas: constants and bodies
 *   constant.c   sizes, counts, flags                  expect.c     what definitions expect of their arguments
 *   spikes.c     what is certainly 0 or 1              nodes.c      nodes and their streams, added to the net
 *   random.c     uniform                               learning.c   what is said of parameters
 *   function.c   exp, where, detach, ...               statement.c  states, parameters, assignments
 *   surrogate.c  step and its slope                    init.c       initial values of parameters
 *   neuron.c     neurons                               axes.c       axes as they are named
 *   weights.c    weights of connections, with a name or without
 *   connect.c    what connections share                window.c     windows along axes of space and time
 *   delay.c      how late what they are given arrives
 *   dense.c, conv.c, pool.c, encode.c, reduce.c, views.c  the built-in stages
 *   block.c      equations of blocks                batch.c      sums over the batch
 *   past.c       h[-1], and shapes told in advance
 *   stream.c     chains, blocks, formulas of streams   schedule.c   schedules and learning rates
 *   repeat.c     stages after themselves               optimizer.c  optimizers
 *   train.c      predict and train                     language.c   the tables of what is built in
 *   settings.c, naming.c, sound.c, columns.c, sampling.c  what a data line says to its reader
 *   data.c       data: the table of formats            model.c      time, bindings
 * Expressions hold calls, and calls expressions. So that files need no circle for it, Build has the Language: whoever
 * meets a call finds its row there. */
#ifndef SNNC_BUILD_H
#define SNNC_BUILD_H

#include "scope.h"

enum {
    MAX_ELEMENTS =
        2000000000,     /* of an array: what is made of it may be a little larger, and is counted by ints */
    MAX_STEPS = 100000, /* time steps of a model */
    MAX_NODES = 10000,  /* of a net: blocks may multiply */
    MAX_BLOCKS = 20000, /* uses of blocks */
    MAX_BODY = 10000,   /* operations of a neuron or another formula */
    MAX_NESTING = 1000, /* expressions within expressions, through lets, blocks and arguments */
    MAX_EXPONENT = 16   /* of a unit */
};

/* ---- the walk --------------------------------------------------------------------------------------- */

/* h[-k]: a delay whose input may not be known before the binding `entry` is built. */
typedef struct Past {
    Entry *entry;
    int steps;
    int node;
    StreamId out;
    Span span;
} Past;

/* rate(x): x must turn out to carry spikes. */
typedef struct RateUse {
    StreamId stream;
    Span span;
} RateUse;

/* count(x, over = ...): how many values of a sample a reduction goes over, or of all in a batch. */
typedef struct CountUse {
    int64_t values;  /* of a sample */
    bool over_batch; /* and of all samples in a batch */
    int least;       /* so many there must be */
    Span span;
} CountUse;

/* What is expected of something that changes during the training: `val` of the schedule, a truth value. */
typedef struct Expected {
    const Scope *frame;
    const Def *def;
    const Stmt *stmt;
    Val val;
} Expected;

typedef struct Reported {
    Rule rule;
    uint32_t place;
} Reported;

struct Build {
    Arena *arena;
    Diag *diag;
    Net *net;
    Define *defines;
    int define_count;
    Scope *library, *file, *model;
    const char *binding;  /* the binding being built: streams and parameters are named after it, */
    const char *equation; /* and after the equation of a block, or NULL */
    bool time_known;      /* steps and dt are set */
    bool data_known;
    const char *samples;                  /* what its format calls them; NULL where that is unknown */
    VEC(const char *) samples_of_formats; /* what formats call them */
    const struct Language *language;
    bool in_loss;     /* where the label has a meaning: in losses and metrics */
    StreamId label;   /* 1 for the class, else 0; NONE while nobody needs it */
    StreamId target;  /* numbers; the same */
    StreamId present; /* which steps a sample has; the same */
    int wrong_scores; /* so many scores were reported as too few or many: once for prediction and loss */
    int depth;        /* of nested evaluation */
    int fuel;         /* of infer_shape */
    int mute;         /* > 0: mistakes are not reported */
    bool reported;    /* the last mistake was: hints belong to it */
    int explained;    /* so many mistakes there were when hint_expected had something to say */
    const struct Call *use; /* in the user's text, of the definition whose equations are run; NULL: none */
    int before_use;         /* how many reports there were when it began */
    int moved;              /* mistakes that were reported there, and not in the library */
    VEC(Reported) reports;  /* so that a definition used twice complains once */
    int noted;              /* how many there were when it was said in which use of a block the last one is */
    const Expr *base;       /* what is now the number that a learning rate goes from, or NULL */
    int phrase;             /* of the text, that is being built: of net->phrases, or NONE */
    int blocks;             /* blocks used so far */
    bool too_large;         /* one of the limits was passed, and that was reported */
    int visit;              /* number of the walk that needs_now makes */
    Unique names;           /* of the model's streams, and of those made for it */
    VEC(const Def *) seen;  /* definitions that were used */
    VEC(Past) pasts;
    VEC(RateUse) rates;
    VEC(CountUse) counts;
    VEC(Expected) expected;
};

/* Where a mistake is to be reported: one that shows in the library was made where that is used. */
Span blamed(const Build *b, Span span);
/* Says where it shows, if that is elsewhere. `mistake`: it counts as one. */
void note_moved(Build *b, Span span, bool mistake);
/* Reports a mistake at most once per rule and place; not while muted. One in the equations of a definition of the library comes
 * of what it is given: not if that has been reported. */
bool report_wanted(Build *b, Rule rule, Span span);
#define report(b, rule, span, ...)                                                                          \
    ((b)->reported = report_wanted((b), (rule), (span)),                                                    \
     (b)->reported                                                                                          \
         ? (diag_error((b)->diag, (rule), blamed((b), (span)), __VA_ARGS__), note_moved((b), (span), true)) \
         : (void)0)
/* The same for what compiles and is likely a mistake. */
#define warn(b, rule, span, ...)                                                         \
    ((b)->reported = report_wanted((b), (rule), (span)),                                 \
     (b)->reported ? (diag_warning((b)->diag, (rule), blamed((b), (span)), __VA_ARGS__), \
                      note_moved((b), (span), (b)->diag->strict))                        \
                   : (void)0)
#define report_hint(b, ...) ((b)->reported ? diag_hint((b)->diag, __VA_ARGS__) : (void)0)
#define report_note(b, span, ...) ((b)->reported ? diag_note((b)->diag, (span), __VA_ARGS__) : (void)0)

bool hint_wanted(const Build *b); /* to the last mistake: candidates need not be collected for others */

/* What to write for a name that is not known: false if there is nothing to say. */
bool hint_closest(Build *b, const char *name, const Names *candidates);
/* The same where these few are all that is known: all are listed then. `what` they are: "settings". */
void hint_known(Build *b, const char *what, const char *name, const Names *candidates);

/* ---- formulas --------------------------------------------------------------------------------------- */

/* Of the weights of a connection: how many inputs an output sums, and to how many outputs an input leads; 0: of another
 * parameter. And their shape, as it is stored, with what formulas call its axes. */
typedef struct Fans {
    int inputs, outputs;
    Shape shape;
} Fans;

/* A stream of random numbers, whose axes are those of the formula that it is for, but for `same`. */
typedef struct Draw {
    StreamId stream;
    const Expr *same; /* NULL: none is missing */
    Scope *scope;
    Span span;
} Draw;

/* Where a formula stands. */
typedef struct Context {
    Build *build;
    Node *node;        /* its body takes the instructions; NULL: only constants are possible */
    bool streams;      /* names of streams may be used: a map */
    bool steps;        /* step() may be used */
    bool schedules;    /* a learning rate: what is called is first of all a schedule */
    const char *owner; /* neuron: names the parameters */
    Shape shape;       /* neuron: of its units */
    bool keeps;        /* a memory: its states are parameters that it keeps */
    int kept_steps;    /* a memory: its values along time; 0: it is the same at all steps */
    Fans fans;         /* of the parameter whose first values it makes, */
    bool draws;        /* which may be random */
    bool noise;        /* of streams: random numbers may be drawn, which are inputs of the node, */
    VEC(Draw) draw;    /* so far these */
    VEC(bool) spikes;  /* by value of the body, as far as it was asked: see is_spike */
    bool scratch;      /* nothing may be added to the net: a definition that is only checked */
    Span span;
} Context;

Context context_constant(Build *b);
Context context_scalars(Build *b);    /* where run scalars are computed */
bool is_clock_name(const char *name); /* epoch, epochs, batch, batches */
Value clock_value(Build *b, const char *name);
Value scalar_given(Build *b, Scalar scalar);
/* The value as an instruction of the context's body. */
Val scalar_read(Context *c, Value value);
/* Its number in Net.scalars. `name` of a new one; NULL: its own. */
int scalar_shown(Build *b, Val val, const char *name, Span span);
Value eval(Context *c, Scope *scope, const Expr *expr);
Value let_value(Build *b, Entry *entry);
Value formal_value(Context *c, Entry *entry);
/* The value as an instruction of the body. */
Val value_lift(Context *c, Value value);
/* One operation on constants or in the body. */
Value combine(Context *c, Op op, Value a, Value b, Unit unit, Span span);
/* What the sign of the expression makes of what stands around it. */
Value combine_binary(Context *c, Value left, Value right, const Expr *expr);
Value combine_unary(Context *c, Value operand, const Expr *expr);
/* Looks up every name of an expression that is not evaluated. */
void resolve_names(Build *b, Scope *scope, const Expr *expr);
/* The same of an argument, which may be a word that only its stage knows, as in `over = c`, or a `block` hands to one (NULL:
 * it is of none). */
void resolve_argument(Build *b, const Def *block, Scope *scope, const char *name, const Expr *value);

/* A constant number (poison otherwise, reported). `what` for the message: "the size of dense". */
Value constant_number(Build *b, Scope *scope, const Expr *expr, const char *what);
/* The same as a whole number in lo .. hi. False if it was reported. */
bool constant_integer(Build *b, Scope *scope, const Expr *expr, const char *what, int lo, int hi,
                      int *result);
bool constant_plain(Build *b, Scope *scope, const Expr *expr, const char *what, double *result);
bool constant_flag(Build *b, Scope *scope, const Expr *expr, const char *what, bool *result);
/* 800 or [28, 28], of at most so many dimensions. */
bool constant_shape(Build *b, Scope *scope, const Expr *expr, const char *what, int most, Shape *shape);

/* Some axes of a stream. */
typedef struct AxisSet {
    bool batch, time;
    bool space[MAX_DIMS]; /* by dimension */
} AxisSet;
/* What a stream has beside those of its shape; and whether `none` may stand for none of all. */
enum { OVER_TIME = 1, OVER_BATCH = 2, OVER_NONE = 4 };
/* Those that an expression names: `c`, `[y, x]`, `time`, `batch`, `space`, `all`. False if one is not there: reported. */
bool named_axes(Build *b, const Scope *scope, const Expr *expr, Shape shape, int beside, AxisSet *set);
/* The dimension of the one that it names, or TIME_AXIS; -1: reported. `use`: what is done along it. */
enum { TIME_AXIS = MAX_DIMS };
int named_axis(Build *b, const Scope *scope, const Expr *expr, Shape shape, int beside, const char *use);
Shape shape_without(Shape shape, const AxisSet *set);

/* The argument of a built-in thing, NULL if it was not given. */
const Entry *given_argument(const Scope *frame, const char *name);

/* Behind a complaint about the arguments of a call that was written as a chain. */
void hint_left(Build *b, const Expr *call);

/* ---- what is built in ------------------------------------------------------------------------------- */

/* What a function wants and gives. */
typedef enum UnitRule {
    UNIT_PLAIN, /* plain numbers to a plain number */
    UNIT_SAME,  /* all arguments and the result have one unit */
    UNIT_ROOT   /* half the exponents */
} UnitRule;

/* Of formulas. */
typedef struct Function {
    const char *name;
    Value (*eval)(Context *c, Scope *scope, const Expr *call);
    Op op; /* what eval_operation does with the arguments */
    UnitRule units;
} Function;

typedef enum StageRole {
    STAGE_LAYER,     /* x -> f(...): has arguments of its own */
    STAGE_ENCODER,   /* f(x), too: makes a stream over time */
    STAGE_REDUCTION, /* f(x), too: ends it */
    STAGE_SOURCE     /* f(...): of no stream */
} StageRole;

/* A use of a stage. */
typedef struct StageUse {
    const struct Stage *stage;
    const Expr *expr; /* NAME or CALL */
    Scope *scope;     /* where names in its arguments are looked up */
    Value in;
    Span in_span;
    const char *name; /* of the result, NULL: made from the stage */
} StageUse;

/* What makes a stream of a stream. */
typedef struct Stage {
    const char *name;
    StageRole role;
    Value (*build)(Build *b, const StageUse *use);
    const char *const *formals; /* LAYER, SOURCE: name, default (NULL: none), ..., NULL */
    /* LAYER: of the result; false if it is not known. `in`: of the input; NULL: asked what is known without it. */
    bool (*shape)(Build *b, const Scope *arguments, const Shape *in, Shape *shape);
    /* LAYER: its steps, given those of the input; 0: not known; NULL: it has as many. */
    int (*steps)(Build *b, const Scope *arguments, int in);
    ReduceKind reduce; /* REDUCTION that is a node */
    bool of_spikes;    /* must turn out to be given spikes */
} Stage;

typedef struct Language {
    const Function *functions; /* up to one without a name; so are the stages */
    const Stage *stages;
    /* build_init. */
    bool (*begin)(Build *b, Param *param, Scope *scope, const Expr *expr, Fans fans, const char *what);
    /* A call of what is for initial values. */
    Value (*draw)(Context *c, Scope *scope, const Expr *call);
    /* A model expression: a stream or a constant. `name`: of the resulting stream, NULL: made from the stage. */
    Value (*build)(Build *b, Scope *scope, const Expr *expr, const char *name);
    /* A use of a schedule: a run scalar or a constant. */
    Value (*schedule)(Context *c, Scope *scope, const Expr *use);
} Language;

extern const Language language;

const Function *find_function(const Build *b, const char *name);
const Stage *find_layer(const Build *b, const char *name);
/* The stage that an expression calls like a function, or NULL. */
const Stage *called_stage(const Build *b, const Expr *expr);
/* A call that makes a stream: of a stage or a block. */
bool is_stream_call(const Build *b, Scope *scope, const Expr *expr);
bool is_function(const Build *b, const char *name); /* of formulas or streams */
/* Adds a definition, unless there is one of that name: reported. */
void declare_definition(Build *b, Scope *scope, const Def *def);
Value binding_value(Build *b, Entry *entry, Span use);
/* `count(x)` or `x -> count`. */
bool is_count(const Expr *expr);
/* Whether the binding is of samples; weights, and formulas of them alone, have no steps. */
bool has_past(Build *b, const Entry *entry);
/* Whether computing `expr` needs an argument or an equation of a block that is being computed. A walk: b->visit is new. */
bool needs_busy(const Build *b, const Scope *scope, const Expr *expr);
/* What a `let` names is neither a stream nor a stage. */
bool check_constant_kind(Build *b, const Entry *entry);
/* Whether anything has this name. */
bool is_defined(const Build *b, Scope *scope, const char *name);
/* A name or call of what is for initial values. */
bool is_draw(Scope *scope, const Expr *expr);
void unknown_name(Build *b, const Scope *scope, const char *name, Span span);
/* `kinds` of definitions that may be called here, too. */
void unknown_function(Build *b, Scope *scope, const Expr *call, int kinds);
/* False if nothing was told of what to write. */
bool unknown_definition(Build *b, const Scope *scope, const char *name, Span span, int kinds);

Scope *bind_stage(Build *b, const Stage *stage, const Expr *expr, Scope *scope);
/* That a call has so many arguments, all without names. */
bool check_count(Build *b, const Expr *call, int count);

Value eval_operation(Context *c, Scope *scope, const Expr *call);
Value eval_where(Context *c, Scope *scope, const Expr *call);
Value eval_detach(Context *c, Scope *scope, const Expr *call);
Value eval_step(Context *c, Scope *scope, const Expr *call);

/* A parameter with a value for each unit, at each of so many steps (0: at all), as a stream: the same for all samples. */
StreamId units_stream(Build *b, const char *name, ParamId param, Shape shape, int steps, Span span);
/* How such a parameter is stored: steps stand before the units. */
Shape units_stored(Shape shape, int steps);
/* A parameter as a stream, which is the same for all samples; one for each. */
StreamId weights_stream(Build *b, ParamId param, Span span);
extern const char *const weights_formals[];
Value build_weights(Build *b, const StageUse *use);

/* ---- definitions ------------------------------------------------------------------------------------ */

/* uniform(a, b), drawn for initial values or as noise. */
Value eval_uniform(Context *c, Scope *scope, const Expr *call);
/* Of a complete formula or neuron: the axes of what it draws. False if a mistake was reported. */
bool settle_draws(Context *c, int steps);
/* A call of uniform, or of an initializer; reported where nothing may be drawn. */
Value eval_draw(Context *c, Scope *scope, const Expr *call);
Value use_initializer(Context *c, const Def *def, const Call *call);
StreamId build_neuron(Build *b, const Call *call, const Def *def, StreamId in, const char *name);
/* What a memory makes of the stream, which is the same for all samples. */
StreamId build_memory(Build *b, const Call *call, const Def *def, StreamId in, const char *name);
/* A surrogate's equations at x. Of one that stands in a neuron's arguments, mistakes belong there; the neuron's use is
 * noted behind them. */
Value use_surrogate(Context *c, const Def *def, const Call *call, Value x);
/* That groups that the model names have an optimizer. */
void check_parameters(Build *b);
/* That some parameter is of the group. */
bool check_group(Build *b, const char *name, Span span);
/* Of the parameters of a group; NULL: of all that have no other. */
void build_optimizer(Build *b, Scope *scope, const Expr *expr, const char *group);
Value eval_schedule(Context *c, Scope *scope, const Expr *use);
/* A number or a run scalar; the main one also sets Training.lr. Poison if that was reported. */
Value build_rate(Build *b, Scope *scope, const Expr *rate, bool main);
/* Elaborates a definition that the model does not use, for its mistakes. */
void check_definition(Build *b, Scope *home, const Def *def);
/* Executes the statements of a definition in its frame. */
void run_statements(Context *c, Scope *frame, const Def *def);
/* A statement that says what holds of parameters and constants. A use that is not so is told of, at the argument if one is to blame;
 * a block cannot be used so: a mistake. */
void run_expect(Context *c, Scope *frame, const Def *def, const Stmt *stmt);
/* Behind a mistake in its equations: which argument is not as they expect, if one is not. */
void hint_expected(Context *c, Scope *frame, const Def *def);
/* What was expected of schedules, once it is known how long a training is. */
void warn_schedules(Build *b);
/* What the statements have left under a name; poison if nothing. */
Value named_result(const Scope *frame, const char *name);
/* The last statement that assigns a name, or NULL. */
const Stmt *assignment(const Def *def, const char *name);
bool assigns(const Def *def, const char *name);
void define_fixed(Build *b, Scope *frame, const char *name, Span span, Value value);

/* ---- streams ---------------------------------------------------------------------------------------- */

Value build_value(Build *b, Scope *scope, const Expr *expr, const char *name);
/* The same, a stream without a unit; NONE if that was reported. */
StreamId build_stream(Build *b, Scope *scope, const Expr *expr, const char *name);
/* What a block comes to, in the frame of a use; NULL if that was reported. Its equations become names there. */
const Expr *block_result(Build *b, Scope *frame, const Def *def);
/* That a loss of the library is given what the network says, and then what it should say. */
void check_answer(Build *b, const Call *call, const Scope *frame);
/* Whether the arguments are as the block expects; else that is reported. */
bool block_is_expected(Build *b, Scope *frame, const Def *def);
/* Certainly 0 or 1, as far as can be told while the body is built: a state may still become anything. */
bool is_spike(Context *c, Val val);
/* Of the stream that holds this value of a complete body. */
StreamKind kind_of_output(Build *b, const Node *node, Val val);
/* Adds a map, complete but for its result. */
StreamId add_map(Build *b, Node node, Val val, const char *name);
/* x * factor as a map of its own. `name`: of the result, NULL: made from the binding. */
StreamId build_scaled(Build *b, StreamId in, double factor, const char *name, Span span);
Value build_past(Build *b, Scope *scope, const Expr *expr, const char *name);
/* What the text tells of a stream that may not be built yet; *steps 0: none, or not known. */
bool stream_told(Build *b, Scope *scope, const Expr *expr, Shape *shape, int *steps);
void finish_pasts(Build *b);
/* Builds the equations of a block, in the frame of its use, that only their past was read of. */
void finish_equations(Build *b, const Scope *frame);
/* Where the model says that the node's first stream is made: where it uses a block, if that is one of the library. */
Span made_at(Build *b, const Node *node);
/* What a name stands for, through formals of blocks: `block layer(x, neuron) = x -> neuron`. */
const Expr *given_as(Scope **scope, const Expr *expr);

/* `in -> stage`, of a value that is there already; the stage's names are looked up in the scope. `name`: of the result. */
Value send_through(Build *b, Value in, Span in_span, Scope *scope, const Expr *stage, const char *name);
/* The same of a value that is made where the stage reads it, if it does. */
Value send_made(Build *b, const Made *made, Span in_span, Scope *scope, const Expr *stage);
/* `x -> f(y)` as f(x, y). */
const Expr *chained_call(Build *b, const Expr *left, const Expr *stage);
/* The same where f is a function, not a stage of its own; NULL otherwise. *scope becomes that of the call. */
const Expr *chained_function(Build *b, Scope **scope, const Expr *chain);
/* `x -> (a -> b)`, as where a parameter stands for stages in a row, as `x -> a -> b`; NULL if it is no such chain. *scope
 * becomes that of this. */
const Expr *chained_stages(Build *b, Scope **scope, const Expr *chain);
/* A name for the left side of a chain, `left` in `scope`, in a new scope within `home`. */
const Expr *name_left(Build *b, Scope *home, Scope *scope, const Expr *left, Scope **inner);
/* `left -> stage`, whose names mean what they do in `home`. *scope, that of `left`, becomes that of this. */
const Expr *chained_in(Build *b, Scope **scope, const Expr *left, Scope *home, const Expr *stage);

/* The stream of a value, NONE if it is poison or no stream (reported); plain: without a unit. */
StreamId stream_of(Build *b, Value value, Span span);
StreamId plain_stream_of(Build *b, Value value, Span span);
/* What the label says, or the target, as a stream. */
StreamId label_stream(Build *b, Span span);
StreamId target_stream(Build *b, Span span);
/* Of what a stream has, a part, or more: see Extract. */
typedef struct Copied {
    StreamId in, behind; /* behind: of one that joins two; else NONE */
    const char *name;    /* NULL: made from the stage */
    Extract piece;
    int steps; /* of the result */
    Shape shape;
} Copied;

StreamId copy_stream(Build *b, const StageUse *use, const Copied *copied);
/* A stream that has all steps of this one at once, along the first axis of its shape: see time.c. */
StreamId steps_as_axis(Build *b, const StageUse *use, StreamId in, Shape shape);
/* The other way round: the first axis of `whole` are the steps of the result, which has this shape. */
Value axis_as_steps(Build *b, const StageUse *use, Value whole, Shape shape);
/* 1 at the steps that a sample has, 0 behind them. NONE if its length is not known: reported. */
StreamId present_stream(Build *b, Span span);
StreamId add_stream(Build *b, const char *name, const char *stage, StreamKind kind, int steps, Shape shape,
                    Span span);
/* A name for a stream that has none in the model: `name`, with a number behind it from the second use on, or where
 * the model calls a stream so. */
const char *numbered(Build *b, const char *name);
int add_node(Build *b, Node node);
/* Begins what this text makes: nodes are of that phrase until b->phrase is again what is returned. */
int enter_phrase(Build *b, Span span);
Stream *stream_at(Build *b, StreamId id);

/* ---- the model -------------------------------------------------------------------------------------- */

/* Names of what the data line gives; `span` is where they come from. Then the line itself. */
void declare_data(Build *b, const Item *data, Span span);
void build_data(Build *b, const Item *item);

void build_predict(Build *b, const Item *item);
void build_metric(Build *b, const Item *item);
/* That what is told has names of its own. */
void check_metrics(Build *b);
/* That predictions have names of their own. */
void check_columns(Build *b);
void build_train(Build *b, const Item *item);
bool is_setting(const char *name); /* of a train block */

#include "check.h"
#include "learning.h"
#include "stages.h"
#include "warn.h"

#endif
