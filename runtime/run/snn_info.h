/* `info`: what the network consists of and what it costs. */
#ifndef SNN_INFO_H
#define SNN_INFO_H

#include "snn.h"

SnnCommand snn_info;

#endif
