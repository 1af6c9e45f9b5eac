/* What expressions come to, and what names stand for: scopes, definitions, arguments bound to formals. Included by build.h; see
 * value.c, scope.c, arguments.c. */
#ifndef SNNC_SCOPE_H
#define SNNC_SCOPE_H

#include "../passes.h"
#include "../table.h"
#include "units.h"

/* ---- values ----------------------------------------------------------------------------------------- */

typedef enum ValueKind {
    VALUE_POISON, /* a mistake that was reported */
    VALUE_NUMBER, /* number, unit    known at compile time */
    VALUE_FLAG,   /* flag            known at compile time */
    VALUE_BODY,   /* val, truth, unit  in the body of the context */
    VALUE_SCALAR, /* val, truth, unit  in the equations of run scalars: the same for all samples of a batch */
    VALUE_STREAM, /* stream, unit */
    VALUE_WEIGHTS /* param */
} ValueKind;

typedef struct Value {
    ValueKind kind;
    double number; /* in ms and mV */
    bool flag;
    Val val;
    bool truth; /* a truth value, not a number */
    StreamId stream;
    ParamId param;
    Unit unit;
    Span span; /* NUMBER: where it was written, or computed from others */
} Value;

Value value_poison(void);
Value value_number(double number, Unit unit);
Value value_flag(bool flag);
Value value_body(Val val, Unit unit, bool truth);
Value value_scalar(Val val, Unit unit, bool truth);
Value value_stream(StreamId stream, Unit unit);
Value value_weights(ParamId param);

/* ---- names ------------------------------------------------------------------------------------------ */

typedef struct Scope Scope;

typedef struct Build Build;

/* What makes a value when it is first read, if it ever is. */
typedef struct Made {
    Value (*make)(Build *b, void *from);
    void *from;
    Shape shape; /* of the value */
} Made;

typedef enum EntryKind {
    ENTRY_LET,    /* expr, scope; value once it is known */
    ENTRY_FORMAL, /* expr, scope: the argument and where its names are looked up; value once it is known */
    ENTRY_STREAM, /* expr, scope; value once it is built */
    ENTRY_LOCAL,  /* value: in a body */
    ENTRY_LABEL   /* the label of the data, the target, or which steps a sample has */
} EntryKind;

typedef enum EntryProgress {
    ENTRY_NEW,
    ENTRY_BUSY,
    ENTRY_SUSPECT, /* poison, found while mistakes were not reported: once more when they are */
    ENTRY_DONE
} EntryProgress;

typedef struct Entry {
    EntryKind kind;
    const char *name;
    Span span; /* where it is defined */
    const Expr *expr;
    Scope *scope;
    EntryProgress progress;
    Value value;
    bool given;         /* FORMAL: by an argument, not by its default */
    bool used;          /* FORMAL */
    bool of_block;      /* FORMAL: may hold a stream */
    bool equation;      /* FORMAL: of a block */
    const char *result; /* of an equation that the block sends out as it is: what that is called; else NULL */
    const Made *made;   /* FORMAL: instead of an expression; else NULL */
    const Expr *fallback; /* FORMAL: its default, evaluated in `home`; says which unit is expected */
    Scope *home;
    int state;      /* LOCAL: index of the state, NONE for others */
    bool twice;     /* there is a second definition: reported */
    bool fixed;     /* LOCAL: equations may not assign it */
    bool inferring; /* its shape is being told from its definition */
    int visit;      /* the last walk through definitions that came by */
    bool named;     /* some formula speaks of it */
} Entry;

struct Scope {
    Scope *parent;
    VEC(Entry *) entries;
    Table names; /* positions of the entries */
    VEC(const Def *) defs;
    const Def *block;    /* the block or schedule whose formals these are, else NULL */
    const Scope *caller; /* where that is used */
    bool wrong;          /* the arguments do not fit the formals: reported */
};

/* Kinds of definition, as a set. */
enum {
    NEURONS = 1 << DEF_NEURON,
    SURROGATES = 1 << DEF_SURROGATE,
    OPTIMIZERS = 1 << DEF_OPTIMIZER,
    INITIALIZERS = 1 << DEF_INITIALIZER,
    BLOCKS = 1 << DEF_BLOCK,
    SCHEDULES = 1 << DEF_SCHEDULE,
    MEMORIES = 1 << DEF_MEMORY,
    STAGES = NEURONS | BLOCKS | MEMORIES
};

/* A list of names for "did you mean". */
typedef VEC(const char *) Names;

Scope *scope_new(Build *b, Scope *parent);
void scope_add(Build *b, Scope *scope, Entry *entry);
Entry *scope_own(const Scope *scope, const char *name);  /* in this scope itself, or NULL */
Entry *scope_find(const Scope *scope, const char *name); /* in it or around it, or NULL */
bool is_constant_name(const char *name);                 /* of the language: pi, dt, ... */
/* Adds an entry; reports a second definition of the name, and returns NULL then. */
Entry *scope_define(Build *b, Scope *scope, EntryKind kind, const char *name, Span span);
/* The innermost definition of one of these kinds, with the scope it stands in; NULL if none. */
const Def *scope_definition(Scope *scope, const char *name, int kinds, Scope **home);
void scope_names(Build *b, const Scope *scope, Names *names);
void definition_names(Build *b, const Scope *scope, int kinds, Names *names);
/* Adds a definition. False if there is one of that name: reported. */
bool scope_add_definition(Build *b, Scope *scope, const Def *def);
bool is_definition_used(const Build *b, const Def *def);
/* Whether a scope is inside a use of this block or schedule. An argument is inside its caller only. */
bool scope_is_inside(const Scope *scope, const Def *def);

/* A call's arguments bound to formals, in a new scope inside `home`. `first`: a value that takes the first
 * formal before the written arguments (the left side of a chain), or NULL. */
typedef struct Call {
    const char *name;
    Span span;
    const Formals *formals;
    const Args *args; /* NULL: none */
    Scope *caller, *home;
    const Expr *first;
    bool of_block;
} Call;
Scope *bind_arguments(Build *b, const Call *call);

/* A use of a definition while its equations are run: mistakes in it may come from the arguments. */
typedef struct Use {
    const Call *call, *outer;
    int errors, moved; /* before */
} Use;
Use use_begin(Build *b, const Call *call);
/* Says which use it was, of mistakes that were reported in the definition. */
void use_end(Build *b, const Use *use);

Call call_of(const Def *def, Scope *home, const Expr *stage, Scope *caller);
/* Reports names in arguments that nothing has used, so that no mistake hides there, and defaults that use
 * names of the equations. */
void check_arguments(Build *b, const Scope *frame);
/* Of the name itself, in a NAME or a CALL. */
Span name_span(const Expr *expr);
/* Formals of something built in: name, default (NULL: none), ..., NULL. */
Formals formals_of(Build *b, const char *const *names_and_defaults);

#endif
