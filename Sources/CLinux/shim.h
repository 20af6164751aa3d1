#ifndef REASM_CLINUX_SHIM_H
#define REASM_CLINUX_SHIM_H
#include <spawn.h>
#include <sys/types.h>

// Functions of Linux that the headers show only with _GNU_SOURCE, which Swift's module of the C library is made without.
int renameat2(int directory, const char *name, int other, const char *newName, unsigned int flags);
int memfd_create(const char *name, unsigned int flags);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
int setresuid(uid_t real, uid_t effective, uid_t saved);
int setresgid(gid_t real, gid_t effective, gid_t saved);
int getresuid(uid_t *real, uid_t *effective, uid_t *saved);

enum { REASM_MFD_CLOEXEC = 1, REASM_RENAME_NOREPLACE = 1 };
#endif
