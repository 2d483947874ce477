// Tells ThreadSanitizer what happens inside Swift's own libraries, which are not instrumented.
// Loaded in front of them, it stands between them and the program.
//
// A Mutex: its fast way is compiled into whoever uses it, so that its atomics are seen; when two
// threads meet, the lock is taken and given back by the kernel inside libswiftSynchronization, and
// what it protects would look like a race.
//
// A continuation: who resumes it writes into the task first, and the task goes on without a word
// when that happened before it had begun to wait.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define ASYNC __attribute__((swiftasynccall))
#define SELF __attribute__((swift_context)) void *self

void __tsan_acquire(void *) __attribute__((weak));
void __tsan_release(void *) __attribute__((weak));
SWIFT void *swift_task_getCurrent(void) __attribute__((weak));

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

static void acquire(void *place) {
    if (__tsan_acquire) __tsan_acquire(place);
}

static void release(void *place) {
    if (__tsan_release) __tsan_release(place);
}

// _MutexHandle._lockSlow(UInt32), _tryLockSlow() -> Bool and _unlockSlow(), of Swift 6.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK);
SWIFT bool try_lock_slow(SELF) __asm__(TRY_LOCK);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK);

SWIFT void lock_slow(uint32_t thread, SELF) {
    ((SWIFT void (*)(uint32_t, SELF))real(LOCK))(thread, self);
    acquire(self);
}

SWIFT bool try_lock_slow(SELF) {
    bool taken = ((SWIFT bool (*)(SELF))real(TRY_LOCK))(self);
    if (taken) acquire(self);
    return taken;
}

SWIFT void unlock_slow(SELF) {
    release(self);
    ((SWIFT void (*)(SELF))real(UNLOCK))(self);
}

SWIFT void swift_continuation_resume(void *task) {
    release(task);
    ((SWIFT void (*)(void *))real(__func__))(task);
}

SWIFT void swift_continuation_throwingResume(void *task) {
    release(task);
    ((SWIFT void (*)(void *))real(__func__))(task);
}

SWIFT void swift_continuation_throwingResumeWithError(void *task, void *error) {
    release(task);
    ((SWIFT void (*)(void *, void *))real(__func__))(task, error);
}

ASYNC void swift_continuation_await(void *context) {
    if (swift_task_getCurrent) acquire(swift_task_getCurrent());
    __attribute__((musttail)) return ((ASYNC void (*)(void *))real(__func__))(context);
}
