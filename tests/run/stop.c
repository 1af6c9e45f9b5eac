/* stop SIGNAL after MS COMMAND...      sends SIGNAL (INT or KILL) to the command MS milliseconds after its start
 * stop SIGNAL writing FILE COMMAND...  sends it as soon as FILE.tmp.* holds something
 * stop SIGNAL behind FILE COMMAND...   sends it a moment after FILE has appeared
 *
 * Exit status: the command's own, or 128 + the signal that ended it. */
#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Shells start background commands with SIGINT ignored; here it must arrive. */
static pid_t start(char **command)
{
    pid_t child = fork();
    if (child == 0) {
        signal(SIGINT, SIG_DFL);
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    return child;
}

typedef struct Moment {
    const char *kind, *argument;
    double deadline;
} Moment;

/* A FILE.tmp.* holds something, and has been written just now: it is none that was left here. */
static bool is_writing(const char *file)
{
    char pattern[4096];
    glob_t found;
    struct stat info;
    bool writing = false;
    snprintf(pattern, sizeof pattern, "%s.tmp.*", file);
    if (glob(pattern, 0, NULL, &found) != 0)
        return false;
    for (size_t i = 0; i < found.gl_pathc; i++)
        writing =
            writing
            || (stat(found.gl_pathv[i], &info) == 0 && info.st_size > 0 && info.st_mtime > time(NULL) - 60);
    globfree(&found);
    return writing;
}

static bool has_come(Moment *moment)
{
    if (strcmp(moment->kind, "writing") == 0)
        return is_writing(moment->argument);
    bool behind = strcmp(moment->kind, "behind") == 0;
    if (behind && moment->deadline == 0.0 && access(moment->argument, F_OK) == 0)
        moment->deadline = now() + 0.01;
    return moment->deadline > 0.0 && now() >= moment->deadline;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: stop INT|KILL after MS|writing FILE|behind FILE COMMAND...\n");
        return 2;
    }
    int signal_number = strcmp(argv[1], "INT") == 0 ? SIGINT : SIGKILL, status;
    Moment moment = {argv[2], argv[3], 0.0};
    if (strcmp(moment.kind, "after") == 0)
        moment.deadline = now() + atof(moment.argument) / 1000.0;
    pid_t child = start(argv + 4), ended;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0 && !has_come(&moment))
        sched_yield();
    if (child > 0 && ended == 0) {
        kill(child, signal_number);
        ended = waitpid(child, &status, 0);
    }
    if (child < 0 || ended < 0) {
        perror("stop");
        return 2;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
