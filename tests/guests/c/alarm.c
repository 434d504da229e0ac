// Holds an alarm of the clock, which no other instance can be given, for as long as it is told to.

#include "actor.h"

#include <stdlib.h>
#include <string.h>

IMPORT("wasi:clocks/monotonic-clock@0.2.6", "subscribe-duration")
int32_t subscribe_duration(uint64_t nanos);

IMPORT("wasi:io/poll@0.2.6", "[resource-drop]pollable")
void drop_pollable(int32_t alarm);

static const uint64_t AN_HOUR_NANOS = 3600000000000;

// The alarm that it holds; handles begin at 1.
static int32_t alarm;
static uint8_t calls;

EXPORT("cabi_realloc")
void *cabi_realloc(void *old, size_t old_len, size_t align, size_t len) {
  (void)old_len, (void)align;
  return len == 0 ? (void *)align : realloc(old, len);
}

EXPORT("rivet:actor/guest@0.1.0#describe")
const bytes_t *describe(void) {
  static const char text[] = "{\"actors\":[{\"name\":\"alarm\",\"actions\":[\"hold\",\"release\"]}]}";
  static const bytes_t manifest = {(const uint8_t *)text, sizeof text - 1};
  return &manifest;
}

EXPORT("rivet:actor/guest@0.1.0#dispatch")
uint32_t dispatch(event_t *event) {
  switch (event->kind) {
    case CREATE:
    case WAKE: reply_ok(event->id, (const uint8_t *)"", 0); return 0;
    case ACTION:
      if (alarm) drop_pollable(alarm);
      alarm = memcmp(event->name.bytes, "hold", 4) == 0 ? subscribe_duration(AN_HOUR_NANOS) : 0;
      // A number below 24 is its own CBOR.
      calls++;
      reply_ok(event->id, &calls, 1);
      return 0;
    default: return 1;
  }
}
