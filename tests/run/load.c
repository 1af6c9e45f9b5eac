/* load LIBRARY WORD...: the program that stands in a library, called twice: `info` first, for nobody to see. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef int Main(int argc, char **argv);

int main(int argc, char **argv)
{
    char *info[] = {"load", "info", "--help", NULL};
    void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    void *symbol = library ? dlsym(library, "main") : NULL;
    Main *program;
    memcpy(&program, &symbol, sizeof program);
    if (!program || program == main || program(3, info) != 0) {
        fprintf(stderr, "load: %s\n", library ? "no program" : dlerror());
        return 1;
    }
    return program(argc - 1, argv + 1);
}
