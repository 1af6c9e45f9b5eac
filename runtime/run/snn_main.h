/* The whole program: command line, data, training, checkpoints. */
#ifndef SNN_MAIN_H
#define SNN_MAIN_H

#include "snn.h"

int snn_main(int argc, char **argv, SnnModel *model); /* returns the exit status */

#endif
