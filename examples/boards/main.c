/* Predicts the samples that the board reads, and writes a line for each: its number, its class, and the bits of its scores. These
 * have to be the same on every board. At last a line "stack BYTES", which need not.
 *
 * A sample in the file: its number and its label, 4 bytes each, lowest first; then bytes, of which one is a value of the input.
 * -DDRAWS: kws draws random numbers; -DTEMPORAL: each step has data of its own; -DSPIKES: as bytes, spikes for one; -DBYTES: as reals in
 * 1/255; -DWHOLE: there are no reals, scores are whole numbers. */
#include "board.h"
#include "kws.h"

#ifdef DRAWS
#define NUMBER , number
#else
#define NUMBER
#endif
#ifdef SPIKES
typedef uint8_t Input;
#else
typedef float Input;
#endif

#ifdef WHOLE
typedef int32_t Score;
#else
typedef float Score;
#endif

typedef struct Line {
    char text[16 + 9 * KWS_OUTPUTS + 8];
    int32_t length;
} Line;

static void add_char(Line *line, char c)
{
    line->text[line->length++] = c;
    line->text[line->length] = '\0';
}

static void add_number(Line *line, uint32_t number)
{
    char digits[10];
    int32_t count = 0;
    do {
        digits[count++] = (char)('0' + (int32_t)(number % 10u));
        number /= 10u;
    } while (number > 0u);
    while (count > 0)
        add_char(line, digits[--count]);
}

static void add_bits(Line *line, Score value)
{
    union {
        Score score;
        uint32_t bits;
    } word;
    word.score = value;
    for (int32_t shift = 28; shift >= 0; shift -= 4)
        add_char(line, "0123456789abcdef"[word.bits >> shift & 15u]);
}

static void write_sample(int32_t number, const kws_output *out)
{
    Line line = {{0}, 0};
    add_number(&line, (uint32_t)number);
    add_char(&line, ' ');
    add_number(&line, (uint32_t)out->predicted);
    for (int32_t k = 0; k < KWS_OUTPUTS; k++) {
        add_char(&line, ' ');
        add_bits(&line, out->scores[k]);
    }
    add_char(&line, '\n');
    board_write(line.text);
}

static void write_stack(void)
{
    Line line = {{0}, 0};
    for (const char *word = "stack "; *word != '\0'; word++)
        add_char(&line, *word);
    add_number(&line, board_stack());
    add_char(&line, '\n');
    board_write(line.text);
}

static int read_input(Input in[KWS_INPUTS])
{
    static uint8_t bytes[KWS_INPUTS];
    if (board_read(bytes, KWS_INPUTS) != KWS_INPUTS)
        return 0;
    for (int32_t i = 0; i < KWS_INPUTS; i++)
#ifdef BYTES
        in[i] = (float)bytes[i] / 255.0f;
#else
        in[i] = (Input)bytes[i];
#endif
    return 1;
}

/* What is measured: a reset or a step, of which only the last one says what is predicted. */
static int run_sample(kws_state *state, int32_t number, Input in[KWS_INPUTS], kws_output *out)
{
    (void)number;
    board_mark();
    kws_reset(state NUMBER);
    board_mark();
    for (int32_t t = 0; t < KWS_STEPS; t++) {
#ifdef TEMPORAL
        if (!read_input(in))
            return 0;
#else
        if (t == 0 && !read_input(in))
            return 0;
#endif
        kws_output *const wanted = t == KWS_STEPS - 1 ? out : (kws_output *)0;
        board_mark();
        const kws_status status = kws_step(state, in, wanted);
        board_mark();
        if (status != KWS_OK)
            return 0;
    }
    return 1;
}

static int32_t word_of(const uint8_t bytes[4])
{
    return (int32_t)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16
                     | (uint32_t)bytes[3] << 24);
}

int board_main(void)
{
    static kws_state state;
    static Input in[KWS_INPUTS];
    uint8_t head[8]; /* number, label */
    kws_output out;
    while (board_read(head, sizeof head) == (int32_t)sizeof head) {
        if (!run_sample(&state, word_of(head), in, &out)) {
            board_write("a sample fails\n");
            return 1;
        }
        write_sample(word_of(head), &out);
    }
    write_stack();
    return 0;
}
