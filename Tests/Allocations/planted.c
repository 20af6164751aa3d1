/* Stands before libpcap's function of this name and allocates once a packet, so that the check of allocations has something to find. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>

typedef int (*next_function)(void *, void **, const unsigned char **);

int pcap_next_ex(void *handle, void **header, const unsigned char **data) {
  static next_function next;
  if (!next) next = (next_function)dlsym(RTLD_NEXT, "pcap_next_ex");
  void *volatile planted = malloc(16);
  free(planted);
  return next(handle, header, data);
}
