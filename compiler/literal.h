/* Numbers as C literals: the shortest digits that read back to the same value. */
#ifndef SNNC_LITERAL_H
#define SNNC_LITERAL_H

enum { LITERAL_SIZE = 40 };

/* 1 -> "1.0f", 0.1f -> "0.1f", infinity -> "INFINITY" (math.h), -2 -> "-2.0f". Returns buffer. */
const char *literal_float(char buffer[LITERAL_SIZE], float value);
/* The same for double, without suffix and without ".0" where it is whole: for dumps ("25", "0.1"). */
const char *literal_number(char buffer[LITERAL_SIZE], double value);

#endif
