/* Elementary functions of readers, in double precision to some units in the last place: made of sums and products, so the same
 * on every machine, which those of its library are not. */
#ifndef SNN_EXACT_H
#define SNN_EXACT_H

double snn_exact_cos(double turns); /* of so many turns of 2 pi */
double snn_exact_sin(double turns);
double snn_exact_exp(double x); /* of -700 to 700 */
double snn_exact_log(double x); /* of a normal number above 0 */

#endif
