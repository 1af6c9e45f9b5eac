/* Included before a program in C, so that the environment says which of its kernels run, as LLVM's programs have it. Declared
 * here: which functions the headers of C declare, the program decides. */
char *getenv(const char *name);
int atoi(const char *text);
#define SNN_BEST_LEVEL atoi(getenv("SNN_BEST_LEVEL"))
