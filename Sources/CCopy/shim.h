#ifndef REASM_CCOPY_SHIM_H
#define REASM_CCOPY_SHIM_H
#include <stddef.h>
#include <stdint.h>

typedef long long reasm_unaligned __attribute__((vector_size(16), aligned(1)));
typedef long long reasm_aligned __attribute__((vector_size(16)));

// Copies bytes to memory that will not be read soon, for which Swift has no word: whole lines of 64 bytes go past the caches, so the
// processor neither reads them first nor displaces others for them. The two places must not overlap.
//
// Another thread may see these stores after later ones, unless a barrier that orders them is between: this thread sees them in order.
static inline void reasm_copy_past_caches(void *to, const void *from, size_t count) {
  char *target = to;
  const char *source = from;
  size_t head = -(uintptr_t)target & 63;
  if (head > count) head = count;
  __builtin_memcpy(target, source, head);
  target += head, source += head, count -= head;
  for (; count >= 64; target += 64, source += 64, count -= 64)
    for (int part = 0; part < 4; part++)
      __builtin_nontemporal_store(((const reasm_unaligned *)source)[part], (reasm_aligned *)target + part);
  __builtin_memcpy(target, source, count);
}
#endif
