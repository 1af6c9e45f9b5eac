/* The rules about values, streams and names: each reports one kind of mistake and says whether all is well. Included by build.h,
 * whose types they are about. */
#ifndef SNNC_CHECK_H
#define SNNC_CHECK_H

#include "build.h"

bool check_number(Build *b, Value value, Span span);
bool check_truth(Build *b, Value value, Span span, const char *what);
bool check_plain(Build *b, Value value, Span span, const char *what);
bool check_exponents(Build *b, Unit unit, Span span);
bool check_same_unit(Build *b, Value left, Value right, Span span, const char *what);
bool check_finite(Build *b, double number, Span span);
/* The result of an operation on numbers is not 0 only because it is too small. */
bool check_underflow(Build *b, double result, double operand, Span span);
/* Single precision holds the constant: asked of all that the program will compute with. */
bool check_held(Build *b, double number, Span span);
void check_body(Build *b, const Body *body);
bool check_base(Build *b, const Context *c, Value base, Value exponent, Span span);
bool check_divisor(Build *b, const Context *c, Value divisor, Span span);
bool check_nesting(Build *b, Span span);
bool check_limits(Build *b, Span span);
/* Of the body of a context; once, and only where the context has one. */
bool check_operations(const Context *c, Span span);
bool check_array(Build *b, double elements, Span span, const char *what);
/* No two axes have one name. */
bool check_axes(Build *b, Shape shape, Span span);
/* A stream meets others whose axes are these: one has all axes of the other. */
bool check_shapes_meet(Build *b, Shape units, StreamId stream, Span span);
/* Says of shapes that do not meet along which axes they have other extents, but for one; false: along none. */
bool hint_extents(Build *b, Shape first, Shape second, const char *except);
/* That streams of so many steps, 0 for those that have none, may stand in one formula. */
bool check_steps_meet(Build *b, int first, int second, Span span);
bool check_temporal(Build *b, StreamId stream, Span span, bool temporal);
bool check_classes(Build *b, StreamId stream, Span span);
bool check_assignable(Build *b, const Entry *entry, const char *name, Span span);
void check_spikes(Build *b);
void check_sizes(Build *b);

#endif
