/* A page of HTML that needs no other, nor a network, for light and dark screens. */
#ifndef SNN_PAGE_H
#define SNN_PAGE_H

#include <stdio.h>

/* By which it is known. */
#define SNN_PAGE_BEGIN "<!DOCTYPE html>\n<html lang=\"en\" data-snnc=\"report\">\n"

/* What a drawing of a network shows. */
#define SNN_PAGE_DRAWING "Blue carries spikes, dashed comes late; frames hold what is repeated."

/* Up to its title, with the classes of charts and drawings. */
void snn_page_begin(FILE *page, const char *title);
/* A section is begun, to be closed by who fills it. */
void snn_page_section(FILE *page, const char *title, const char *about);
void snn_page_end(FILE *page);

#endif
