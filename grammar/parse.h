/* Text -> AST. */
#ifndef SNNC_PARSE_H
#define SNNC_PARSE_H

#include "ast.h"
#include "diag.h"

/* Parses a whole file that was added to diag's sources, and reports every syntax error it finds. Never
 * NULL. When diag->errors grew, the tree may lack parts and hold `?` for a part that was not understood. */
File *parse_source(Arena *arena, const Source *source, Diag *diag);
/* Parses `name = value` as a constant, like `let name = value` in a file; NULL after a syntax error. */
Item *parse_define(Arena *arena, const Source *source, Diag *diag);

#endif
