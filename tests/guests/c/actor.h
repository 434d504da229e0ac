// The world rivet:actor/actor as C sees it through the canonical ABI, as far as these guests need it.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes that lie somewhere in memory: a string or a list<u8>.
typedef struct {
  const uint8_t *bytes;
  size_t len;
} bytes_t;

// `record error` of wit/types.wit.
typedef struct {
  bytes_t group;
  bytes_t code;
  bytes_t message;
  bool has_metadata;
  bytes_t metadata;
} error_t;

// `record event` of wit/guest.wit.
typedef struct {
  uint32_t kind;
  uint64_t id;
  uint64_t connection;
  bytes_t name;
  bytes_t payload;
  bool failed;
  error_t error;
  uint64_t time_ms;
} event_t;

// `result<u64, error>`: the operation of a timer that was started.
typedef struct {
  bool failed;
  union {
    uint64_t operation;
    error_t error;
  };
} started_t;

_Static_assert(offsetof(event_t, payload) == 32, "as the canonical ABI lays it out");
_Static_assert(offsetof(event_t, error) == 44, "as the canonical ABI lays it out");
_Static_assert(offsetof(event_t, time_ms) == 80, "as the canonical ABI lays it out");
_Static_assert(offsetof(started_t, operation) == 8, "as the canonical ABI lays it out");

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

IMPORT("rivet:actor/reply@0.1.0", "ok")
int32_t reply_ok(uint64_t call, const uint8_t *output, size_t len);

IMPORT("rivet:actor/timer@0.1.0", "start")
void timer_start(uint64_t after_ms, started_t *started);

// The kinds of event that they take.
enum { CREATE = 1, WAKE = 2, ACTION = 3, COMPLETION = 4 };
