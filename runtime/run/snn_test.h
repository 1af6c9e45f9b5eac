/* `test`: how good a trained network is on the test set. */
#ifndef SNN_TEST_H
#define SNN_TEST_H

#include "snn.h"

SnnCommand snn_test;

#endif
