// What Glibc's Swift overlay leaves out.
#ifndef TURNSTILE_CLINUX_H
#define TURNSTILE_CLINUX_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <netinet/tcp.h>
#include <sched.h>

extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
#endif
