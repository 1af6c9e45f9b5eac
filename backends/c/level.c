/* One program with its kernels for several processors: see runtime/kernels/snn_level.h. */
#include "c.h"

enum { LEVEL_COUNT = 2 };
static const int levels[LEVEL_COUNT] = {3, 4};

void c_levels(Out *out)
{
    out_blank(out);
    out_line(out, "/* ---- this file again, for other processors: see snn_level.h ---- */");
    out_line(out, "#ifdef SNN_LEVELS");
    out_line(out, "#if __has_include(__FILE_NAME__)");
    for (int k = 0; k < LEVEL_COUNT; k++) {
        out_line(out, "#undef SNN_LEVEL");
        out_line(out, "#define SNN_LEVEL %d", levels[k]);
        out_line(out, "#include __FILE_NAME__");
    }
    out_line(out, "#undef SNN_LEVEL");
    out_line(out, "#define SNN_LEVEL 0");
    out_line(out, "#else");
    out_line(out, "#undef SNN_LEVELS");
    out_line(out, "#endif");
    out_line(out, "#endif");
}

void c_level_choice(const Program *program, Out *out)
{
    out_blank(out);
    out_line(out, "/* The kernels that suit this processor. */");
    out_line(out, "static void choose_level(SnnModel *model)");
    out_open(out, "%s", "");
    out_line(out, "(void)model;");
    out_line(out, "#ifdef SNN_LEVELS");
    out_line(out, "int level = snn_level();");
    for (int k = 0; k < LEVEL_COUNT; k++) {
        out_open(out, "if (level == %d)", levels[k]);
        for (Phase phase = 0; phase < PHASE_COUNT; phase++)
            if (program_has(program, phase))
                out_line(out, "model->%s = %s_v%d;", phase_name(phase), phase_name(phase), levels[k]);
        out_close(out, "");
    }
    out_line(out, "#endif");
    out_close(out, "");
}
