/* A disk that takes its time: every fsync and fdatasync takes SLOW_FSYNC_MS milliseconds longer.
 *
 *   cc -shared -fPIC -o slow_fsync.so slow_fsync.c -ldl
 *   LD_PRELOAD=$PWD/slow_fsync.so SLOW_FSYNC_MS=20 hutong demo
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_a_while(void)
{
    const char *set = getenv("SLOW_FSYNC_MS");
    long ms = set ? strtol(set, NULL, 10) : 20;
    struct timespec pause = {ms / 1000, (ms % 1000) * 1000000L};
    nanosleep(&pause, NULL);
}

int fsync(int fd)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    wait_a_while();
    return real(fd);
}

int fdatasync(int fd)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    wait_a_while();
    return real(fd);
}
