#include "CMatch.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Layouts and signatures of the library's interface, which have been stable since version 5.0.

typedef struct {
  char *message;
  int expression;
} compile_error;

typedef struct {
  unsigned int min_width;
  unsigned int max_width;
  char unordered_matches;
  char matches_at_eod;
  char matches_only_at_eod;
} expression_info;

enum { MODE_STREAM = 2, MODE_SOM_HORIZON_LARGE = 1 << 24 };

static struct {
  void *library;
  int (*valid_platform)(void);
  const char *(*version)(void);
  int (*expression_info)(const char *, unsigned int, expression_info **, compile_error **);
  int (*compile_multi)(
      const char *const *, const unsigned int *, const unsigned int *, unsigned int, unsigned int, const void *, cmatch_database **,
      compile_error **);
  int (*free_compile_error)(compile_error *);
  int (*free_database)(cmatch_database *);
  int (*alloc_scratch)(const cmatch_database *, cmatch_scratch **);
  int (*free_scratch)(cmatch_scratch *);
  int (*stream_size)(const cmatch_database *, size_t *);
  int (*open_stream)(const cmatch_database *, unsigned int, cmatch_stream **);
  int (*scan_stream)(cmatch_stream *, const char *, unsigned int, unsigned int, cmatch_scratch *, cmatch_callback, void *);
  int (*reset_stream)(cmatch_stream *, unsigned int, cmatch_scratch *, cmatch_callback, void *);
  int (*close_stream)(cmatch_stream *, cmatch_scratch *, cmatch_callback, void *);
} table;

static const char *find(const char *name, void *function) {
  void *symbol = dlsym(table.library, name);
  if (!symbol) return name;
  // ISO C has no conversion from a data pointer to a function pointer; POSIX requires both to have the same representation.
  memcpy(function, &symbol, sizeof symbol);
  return NULL;
}

const char *cmatch_load(void) {
  static char reason[512];
  if (table.library) return NULL;
  table.library = dlopen(CMATCH_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (!table.library) {
    const char *words = dlerror();
    snprintf(reason, sizeof reason, "%s", words ? words : "it cannot be loaded");
    return reason;
  }
  const char *missing = NULL;
  if (!missing) missing = find("hs_valid_platform", &table.valid_platform);
  if (!missing) missing = find("hs_version", &table.version);
  if (!missing) missing = find("hs_expression_info", &table.expression_info);
  if (!missing) missing = find("hs_compile_multi", &table.compile_multi);
  if (!missing) missing = find("hs_free_compile_error", &table.free_compile_error);
  if (!missing) missing = find("hs_free_database", &table.free_database);
  if (!missing) missing = find("hs_alloc_scratch", &table.alloc_scratch);
  if (!missing) missing = find("hs_free_scratch", &table.free_scratch);
  if (!missing) missing = find("hs_stream_size", &table.stream_size);
  if (!missing) missing = find("hs_open_stream", &table.open_stream);
  if (!missing) missing = find("hs_scan_stream", &table.scan_stream);
  if (!missing) missing = find("hs_reset_stream", &table.reset_stream);
  if (!missing) missing = find("hs_close_stream", &table.close_stream);
  if (missing) {
    snprintf(reason, sizeof reason, CMATCH_LIBRARY ": function %s is missing", missing);
  } else if (table.valid_platform() != CMATCH_SUCCESS) {
    snprintf(reason, sizeof reason, CMATCH_LIBRARY ": the processor lacks instructions that it needs");
  } else {
    return NULL;
  }
  dlclose(table.library);
  table.library = NULL;
  return reason;
}

const char *cmatch_version(void) { return table.version(); }

static void take(compile_error *error, char *message, size_t room, int *index) {
  if (!error) return;
  snprintf(message, room, "%s", error->message ? error->message : "");
  if (index) *index = error->expression;
  table.free_compile_error(error);
}

int cmatch_measure(const char *expression, unsigned int flags, cmatch_width *width, char *message, size_t room) {
  expression_info *info = NULL;
  compile_error *error = NULL;
  if (room > 0) message[0] = 0;
  int status = table.expression_info(expression, flags, &info, &error);
  if (status == CMATCH_SUCCESS && info) {
    width->least = info->min_width;
    width->most = info->max_width;
    width->is_unordered = info->unordered_matches != 0;
  }
  // The library allocates it with malloc, unless it is given another allocator.
  free(info);
  take(error, message, room, NULL);
  return status;
}

int cmatch_compile(
    const char *const *expressions, const unsigned int *flags, const unsigned int *ids, unsigned int count, cmatch_database **database,
    char *message, size_t room, int *index) {
  compile_error *error = NULL;
  if (room > 0) message[0] = 0;
  *index = -1;
  *database = NULL;
  int status = table.compile_multi(expressions, flags, ids, count, MODE_STREAM | MODE_SOM_HORIZON_LARGE, NULL, database, &error);
  take(error, message, room, index);
  return status;
}

void cmatch_free_database(cmatch_database *database) { table.free_database(database); }

int cmatch_make_scratch(const cmatch_database *database, cmatch_scratch **scratch) {
  return table.alloc_scratch(database, scratch);
}

void cmatch_free_scratch(cmatch_scratch *scratch) { table.free_scratch(scratch); }

int cmatch_stream_size(const cmatch_database *database, size_t *size) { return table.stream_size(database, size); }

int cmatch_open_stream(const cmatch_database *database, cmatch_stream **stream) {
  *stream = NULL;
  return table.open_stream(database, 0, stream);
}

int cmatch_scan(
    cmatch_stream *stream, const void *bytes, unsigned int count, cmatch_scratch *scratch, cmatch_callback callback, void *context) {
  return table.scan_stream(stream, bytes, count, 0, scratch, callback, context);
}

int cmatch_reset_stream(cmatch_stream *stream, cmatch_scratch *scratch, cmatch_callback callback, void *context) {
  return table.reset_stream(stream, 0, callback ? scratch : NULL, callback, context);
}

void cmatch_close_stream(cmatch_stream *stream) { table.close_stream(stream, NULL, NULL, NULL); }
