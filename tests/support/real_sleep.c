/* Sleep by the real clock where libfaketime shows another date.
 *
 * Python sleeps until a moment of the monotonic clock. libfaketime 0.9.10 takes the shift of the date off that moment,
 * too, even when it is told to leave the monotonic clock alone, and the kernel refuses what is left (EINVAL).
 * To be named in LD_PRELOAD before libfaketime.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left)
{
    return syscall(SYS_clock_nanosleep, clock, flags, until, left) ? errno : 0;
}
