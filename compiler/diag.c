#include "diag.h"

#include <ctype.h>
#include <string.h>

enum {
    NAME_LIMIT = 64,  /* longer names are never suggested */
    LINE_LIMIT = 160, /* bytes shown of one line */
    LINE_BEFORE = 60  /* of them before the place, where the line is longer */
};

static const char *const rules[RULE_COUNT] = {
#define RULE(id, name, text) [RULE_##id] = name,
#define WARNING RULE
#include "rules.def"
#undef WARNING
#undef RULE
};

const char *rule_name(Rule rule)
{
    return rules[rule];
}

bool diag_is_full(const Diag *diag)
{
    return diag->errors > DIAG_LIMIT;
}

/* Control bytes would disturb the terminal; a tab is kept so that the caret below it lines up. */
static void print_line(FILE *out, const char *text, int length)
{
    fputs("    ", out);
    for (int i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        fputc(byte != '\t' && (byte < 0x20 || byte == 0x7f) ? '?' : byte, out);
    }
    fputc('\n', out);
}

static bool starts_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80; /* not a UTF-8 continuation */
}

static void print_caret(FILE *out, Place place, int length)
{
    const char *text = place.line_text;
    int first = place.column - 1, last = first + length;
    if (last > place.line_length)
        last = place.line_length;
    fputs("    ", out);
    for (int i = 0; i < first && i < place.line_length; i++) {
        if (starts_character(text[i]))
            fputc(text[i] == '\t' ? '\t' : ' ', out);
    }
    fputc('^', out);
    for (int i = first + 1; i < last; i++) {
        if (starts_character(text[i]))
            fputc('~', out);
    }
    fputc('\n', out);
}

/* Leaves the part around the place of a line that is too long to be read. */
static void shorten(Place *place)
{
    int skipped = place->column - 1 - LINE_BEFORE;
    if (place->line_length > LINE_LIMIT && skipped > 0) {
        while (skipped < place->column - 1 && !starts_character(place->line_text[skipped]))
            skipped++;
        place->line_text += skipped;
        place->line_length -= skipped;
        place->column -= skipped;
    }
    if (place->line_length > LINE_LIMIT)
        place->line_length = LINE_LIMIT;
}

static void print_message(Diag *diag, Span span, const char *kind, const char *format, va_list args,
                          const char *rule)
{
    Place place = source_place(diag->sources, span.lo);
    if (place.source == NULL)
        fprintf(diag->out, "snnc: %s: ", kind);
    else if (place.source->argument)
        fprintf(diag->out, "%s: %s: ", place.source->path, kind);
    else
        fprintf(diag->out, "%s:%d:%d: %s: ", place.source->path, place.line, place.column, kind);
    vfprintf(diag->out, format, args);
    if (rule != NULL)
        fprintf(diag->out, " [%s]", rule);
    fputc('\n', diag->out);
    if (place.source != NULL) {
        shorten(&place);
        if (place.line_length > 0) { /* an empty line shows nothing */
            print_line(diag->out, place.line_text, place.line_length);
            print_caret(diag->out, place, span.hi > span.lo ? (int)(span.hi - span.lo) : 1);
        }
    }
}

void diag_error(Diag *diag, Rule rule, Span span, const char *format, ...)
{
    diag->errors++;
    diag->muted = diag_is_full(diag);
    if (diag->muted)
        return;
    va_list args;
    va_start(args, format);
    print_message(diag, span, "error", format, args, rule_name(rule));
    va_end(args);
}

void diag_warning(Diag *diag, Rule rule, Span span, const char *format, ...)
{
    int *count = diag->strict ? &diag->errors : &diag->warnings;
    diag->muted = diag->no_warnings || ++*count > DIAG_LIMIT;
    if (diag->muted)
        return;
    va_list args;
    va_start(args, format);
    print_message(diag, span, diag->strict ? "error" : "warning", format, args, rule_name(rule));
    va_end(args);
}

void diag_note(Diag *diag, Span span, const char *format, ...)
{
    if (diag->muted)
        return;
    va_list args;
    va_start(args, format);
    print_message(diag, span, "note", format, args, NULL);
    va_end(args);
}

void diag_hint(Diag *diag, const char *format, ...)
{
    if (diag->muted)
        return;
    va_list args;
    va_start(args, format);
    fputs("    hint: ", diag->out);
    vfprintf(diag->out, format, args);
    fputc('\n', diag->out);
    va_end(args);
}

static void print_count(FILE *out, int count, const char *what)
{
    fprintf(out, "%d %s%s", count, what, count == 1 ? "" : "s");
    if (count > DIAG_LIMIT)
        fprintf(out, " (%d shown)", DIAG_LIMIT);
}

void diag_finish(Diag *diag)
{
    if (diag->errors > 0)
        print_count(diag->out, diag->errors, "error");
    if (diag->errors > 0 && diag->warnings > 0)
        fputs(", ", diag->out);
    if (diag->warnings > 0)
        print_count(diag->out, diag->warnings, "warning");
    if (diag->errors > 0 || diag->warnings > 0)
        fputc('\n', diag->out);
}

static int minimum(int a, int b)
{
    return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Insertions, deletions, substitutions and swaps of neighbours that turn a into b: the optimal string
 * alignment distance, in which small and capital letters are alike. Row i + 1 of `rows` (modulo 3) belongs to the
 * first i bytes of a. */
static int edit_distance(const char *a, int a_length, const char *b, int b_length)
{
    int rows[3][NAME_LIMIT + 1];
    for (int j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (int i = 1; i <= a_length; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= b_length; j++) {
            int change = above[j - 1] + !same_letter(a[i - 1], b[j - 1]);
            row[j] = minimum(change, minimum(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]))
                row[j] = minimum(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

const char *closest_name(const char *name, const char *const *candidates, int count)
{
    size_t length = strlen(name);
    if (length > NAME_LIMIT)
        return NULL;
    const char *closest = NULL;
    int allowed = minimum(3, (int)length / 3 + (length == 2)); /* one mistake in three letters */
    for (int i = 0; i < count; i++) {
        size_t other = strlen(candidates[i]);
        if (other > NAME_LIMIT)
            continue;
        int distance = edit_distance(name, (int)length, candidates[i], (int)other);
        if (distance <= allowed && distance < (int)other) {
            closest = candidates[i];
            allowed = distance - 1;
        }
    }
    return closest;
}
