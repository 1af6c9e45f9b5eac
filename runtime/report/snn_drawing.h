/* How the drawing of a network looks. */
#ifndef SNN_DRAWING_H
#define SNN_DRAWING_H

/* CSS for the classes in it, for a light and a dark scheme, in lines. */
const char *snn_drawing_style(void);

#endif
