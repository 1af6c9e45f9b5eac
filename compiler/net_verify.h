/* What the files of the verifier of the Net share: net_verify_body.c is about messages and bodies,
 * net_verify_node.c about what each kind of node reads and makes, net_verify.c about all else. */
#ifndef SNNC_NET_VERIFY_H
#define SNNC_NET_VERIFY_H

#include "net.h"

typedef struct Verifier {
    const Net *net;
    const Node *node; /* the one being verified, or NULL */
    int index;        /* of node */
    bool draws;       /* it makes the first values of a parameter, */
    int places;       /* which has so many dimensions; else 0 */
    Unique stream_names, param_names;
    int *updated; /* by parameter: the node that updates it, from 1 */
    const char *error;
} Verifier;

/* Returns the condition, and keeps the first error: the message, with the node that it is about. */
bool net_require(Verifier *verifier, bool condition, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static inline const Stream *verified_stream(const Verifier *verifier, StreamId stream)
{
    return &verifier->net->streams.at[stream];
}

static inline const char *verified_name(const Verifier *verifier, StreamId stream)
{
    return verified_stream(verifier, stream)->name;
}

/* Of the verifier's node. */
bool verify_body(Verifier *verifier);
/* That its streams are what its kind goes from and to. */
bool verify_meaning(Verifier *verifier);

#endif
