#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

struct clinux_ucred {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

/// recv(2), and send(2) and sendmsg(2) with MSG_NOSIGNAL, as bare system calls: the C library's are cancellation
/// points, and the bookkeeping for that costs 2 % of a request in a process with threads.
ssize_t clinux_recv(int fd, void *buffer, size_t count);
ssize_t clinux_send(int fd, const void *buffer, size_t count);
ssize_t clinux_sendv(int fd, const struct iovec *vectors, int count);
int clinux_accept4(int fd, struct sockaddr *address, socklen_t *length);
int clinux_memfd_create(const char *name);
/// Gives the memory of a part of a file back; it reads as zero from then on.
int clinux_punch_hole(int fd, off_t offset, off_t count);
int clinux_peer_credentials(int fd, struct clinux_ucred *out);
int clinux_set_parent_death_signal(int signal);
int clinux_set_name(const char *name);
int clinux_pipe2(int fds[2]);
int clinux_cpu_count(void);
/// Whether `needle` occurs in `bytes` (memmem(3)).
int clinux_contains(const void *bytes, size_t count, const void *needle, size_t needle_count);
/// Starts `path` with `argv` and `envp` in its own process group, empty signal mask and default handlers;
/// descriptor `fds[i]` becomes `i + 3` in the child (fds[i] may be any open descriptor), 0 to 2 stay, all
/// others are closed. `output`, if not negative, becomes 1 and 2.
/// Returns the pid or -errno.
int clinux_spawn(const char *path, char *const argv[], char *const envp[], const int *fds, int count,
                  int output);
