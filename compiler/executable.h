/* From generated code to an executable, or a library to load, by a C compiler. */
#ifndef SNNC_EXECUTABLE_H
#define SNNC_EXECUTABLE_H

#include "backend.h"
#include "options.h"
#include "pipeline.h"

/* The runtime, for programs that do not bring it with them. */
#define RUNTIME_LIBRARY "libsnn_rt.a"

/* Compiles or links, in this form, what the backend made of c->program into the file that the options name, which appears whole or not at
 * all, with their C compiler or that of the target; for this machine's programs $CC comes before it. The exit status; a
 * failure was reported. A signal that ends the process leaves no file behind. */
int build_linked(const Compilation *c, const Options *options, const Form *form, const Backend *backend,
                 const Out *code);
/* The same of inference, whose source may read its header: an object, or a library to load. Nothing is linked with it. */
int build_inference(const Compilation *c, const Options *options, const Form *form, const Backend *backend,
                    const InferFiles *files, const char *header_file);

#endif
