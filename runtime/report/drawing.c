/* The colours of the drawing of a network. */
#include "snn_drawing.h"

const char *snn_drawing_style(void)
{
    return ".net text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1d2733}.net "
           ".title{font-weight:bold}\n"
           ".net .facts,.net .label{fill:#5f6b7a}.net .facts{text-anchor:end}.net .page{fill:#fff}\n"
           ".net .card{fill:#fff;stroke:#b9c3ce}.net .frame{fill:#f1f4f7;stroke:#b9c3ce;stroke-dasharray:6 "
           "4}\n"
           ".net path{fill:none;stroke:#8a96a3;stroke-width:1.5}.net .late{stroke-dasharray:4 3}\n"
           ".net .spikes{stroke:#0b6bcb}.net .tip{fill:#8a96a3;stroke:none}.net .spikes.tip{fill:#0b6bcb}\n"
           "@media(prefers-color-scheme:dark){.net text{fill:#e4e9ef}.net .facts,.net .label{fill:#9aa7b5}\n"
           ".net .page{fill:#10151b}.net .card{fill:#1b232d;stroke:#46525f}\n"
           ".net .frame{fill:#161d25;stroke:#46525f}.net path{stroke:#7d8a98}.net .spikes{stroke:#5eb1ff}\n"
           ".net .tip{fill:#7d8a98;stroke:none}.net .spikes.tip{fill:#5eb1ff}}\n";
}
