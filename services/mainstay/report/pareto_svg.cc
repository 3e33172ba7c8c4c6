#include <fmt/format.h>

#include <algorithm>

#include "html.h"

namespace mainstay::report {
namespace {

namespace q = query::v1;

constexpr double kWidth = 720;
constexpr double kHeight = 360;
constexpr double kLeft = 56;
constexpr double kTop = 24;
constexpr double kPlotWidth = 640;
constexpr double kPlotHeight = 280;
constexpr int kMostPoints = 400;

double X(double part) { return kLeft + part * kPlotWidth; }
double Y(double share) { return kTop + (1 - share) * kPlotHeight; }

std::string Curve(const q::GetParetoResponse& pareto) {
  std::string points = fmt::format("{:.1f},{:.1f}", X(0), Y(0));
  const int rows = pareto.rows_size();
  const int step = std::max(1, rows / kMostPoints);
  for (int i = step - 1; i < rows; i += step) {
    points += fmt::format(" {:.1f},{:.1f}", X(static_cast<double>(i + 1) / rows), Y(pareto.rows(i).cumulative_share()));
  }
  return points + fmt::format(" {:.1f},{:.1f}", X(1), Y(1));
}

std::string Axis() {
  std::string text;
  for (int percent = 0; percent <= 100; percent += 20) {
    const double y = Y(percent / 100.0);
    const double x = X(percent / 100.0);
    text +=
        fmt::format("<line class=\"grid\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>", X(0), y, X(1), y);
    text += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{} %</text>", kLeft - 8, y + 4, percent);
    text += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{} %</text>", x,
                        kTop + kPlotHeight + 20, percent);
  }
  return text;
}

constexpr const char* kStyle =
    "<style>svg{font:12px sans-serif;background:#fff}text{fill:#222}.grid{stroke:#ccc}.curve{fill:none;stroke:#0b57d0;"
    "stroke-width:2.5}.line80{stroke:#b3261e;stroke-width:1.5;stroke-dasharray:6 4}"
    "@media(prefers-color-scheme:dark){svg{background:#16181d}text{fill:#e6e6e6}.grid{stroke:#3a3d44}"
    ".curve{stroke:#8ab4f8}.line80{stroke:#f2b8b5}}</style>";

}  // namespace

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::string ParetoSvg(const q::GetParetoResponse& pareto, bool standalone) {
  const double fraction = pareto.line_80().fraction();
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"pareto-title "
      "pareto-desc\">",
      kWidth, kHeight);
  if (standalone) svg += kStyle;
  svg += fmt::format("<title id=\"pareto-title\">Pareto chart of book {}</title>", Escaped(pareto.book()));
  svg += fmt::format("<desc id=\"pareto-desc\">{} of {} paying clients ({:.1f} %) carry 80 % of the revenue.</desc>",
                     pareto.line_80().clients(), pareto.clients(), fraction * 100);
  svg += Axis();
  if (pareto.clients() > 0) {
    svg += fmt::format("<polyline class=\"curve\" points=\"{}\"/>", Curve(pareto));
    svg += fmt::format("<line class=\"line80\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>", X(0), Y(0.8),
                       X(1), Y(0.8));
    svg += fmt::format("<line class=\"line80\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>", X(fraction),
                       Y(0), X(fraction), Y(1));
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{} of {} clients carry 80 %</text>",
                       X(std::min(fraction, .6)) + 8, Y(0.1), pareto.line_80().clients(), pareto.clients());
  }
  svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">clients, best first</text>",
                     kLeft + kPlotWidth / 2, kHeight - 12);
  return svg + "</svg>\n";
}

}  // namespace mainstay::report
