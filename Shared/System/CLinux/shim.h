// What Glibc's Swift overlay leaves out. No _GNU_SOURCE here: it would change the shape of types
// that the overlay has already imported, so its functions are declared by hand.
#ifndef TURNSTILE_CLINUX_H
#define TURNSTILE_CLINUX_H
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <netinet/tcp.h>
#include <pthread.h>

extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
extern int pipe2(int descriptors[2], int flags);
extern int sched_setaffinity(pid_t pid, size_t size, const void *set);
extern int pthread_setname_np(pthread_t thread, const char *name);
#endif
