// An actor in C: a count in a static, a list on the heap, a wait that its memory alone knows of, and a libc that prints.

#include "actor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What it remembers.
static uint32_t count;
static struct node {
  struct node *next;
  uint32_t value;
} *list;

// The wait that goes on, and how many are over.
static uint64_t waits_for;
static uint32_t waited;

#ifdef CHANGES_A_TABLE
__asm__(".tabletype __indirect_function_table, funcref\n");
// The table of functions lies outside of linear memory: what is in it, no snapshot sees.
static void change_a_table(void) {
  __asm__ volatile(
      "ref.null_func\n"
      "i32.const 1\n"
      "table.grow __indirect_function_table\n"
      "drop\n");
}
#else
static void change_a_table(void) {}
#endif

EXPORT("cabi_realloc")
void *cabi_realloc(void *old, size_t old_len, size_t align, size_t len) {
  (void)old_len, (void)align;
  return len == 0 ? (void *)align : realloc(old, len);
}

#ifdef SPEAKS_WHILE_IT_STARTS
__attribute__((constructor)) static void speak(void) { fprintf(stderr, "I am here\n"); }
#endif

// CBOR of a number.
static void reply_number(uint64_t call, uint32_t value) {
  uint8_t output[5] = {0x1a, value >> 24, value >> 16, value >> 8, value};
  reply_ok(call, output, sizeof output);
}

static bool is(bytes_t text, const char *word) {
  return text.len == strlen(word) && memcmp(text.bytes, word, text.len) == 0;
}

static void act(const event_t *event) {
  if (is(event->name, "increment")) {
    struct node *node = malloc(sizeof *node);
    *node = (struct node){.next = list, .value = ++count};
    list = node;
    change_a_table();
    printf("count %u\n", count);
    fflush(stdout);
    fprintf(stderr, "half a line, ");
    reply_number(event->id, count);
  } else if (is(event->name, "get")) {
    reply_number(event->id, count);
  } else if (is(event->name, "sum")) {
    uint32_t sum = 0;
    for (const struct node *node = list; node; node = node->next) sum += node->value;
    reply_number(event->id, sum);
  } else if (is(event->name, "wait")) {
    started_t started;
    timer_start(300, &started);
    waits_for = started.failed ? 0 : started.operation;
    reply_number(event->id, 0);
  } else {
    reply_number(event->id, waited);
  }
}

EXPORT("rivet:actor/guest@0.1.0#describe")
const bytes_t *describe(void) {
  static const char text[] =
      "{\"actors\":[{\"name\":\"counter\",\"actions\":[\"increment\",\"get\",\"sum\",\"wait\",\"waited\"]}]}";
  static const bytes_t manifest = {(const uint8_t *)text, sizeof text - 1};
  return &manifest;
}

// The host gives the event over with all that it points to.
EXPORT("rivet:actor/guest@0.1.0#dispatch")
uint32_t dispatch(event_t *event) {
  uint32_t disposition = 0;
  switch (event->kind) {
    case CREATE:
    case WAKE: reply_ok(event->id, (const uint8_t *)"", 0); break;
    case ACTION: act(event); break;
    case COMPLETION: waited += event->id == waits_for; break;
    default: disposition = 1;
  }
  if (event->name.len) free((void *)event->name.bytes);
  if (event->payload.len) free((void *)event->payload.bytes);
  return disposition;
}
