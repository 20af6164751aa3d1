/* Stands before libpcap's function of this name and allocates once a packet, so that the check of allocations has something to find. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>

typedef int (*filter_function)(const void *, const void *, const unsigned char *);

int pcap_offline_filter(const void *program, const void *header, const unsigned char *packet) {
  static filter_function filter;
  if (!filter) filter = (filter_function)dlsym(RTLD_NEXT, "pcap_offline_filter");
  void *volatile planted = malloc(16);
  free(planted);
  return filter(program, header, packet);
}
