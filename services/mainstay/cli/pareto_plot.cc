#include "pareto_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace mainstay::cli {
namespace {

constexpr double kLine = 0.8;
// Eighths of a character cell, from the bottom.
constexpr std::array<const char*, 9> kBlocks = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

// The cumulative share at the right edge of plot column `x`.
double ShareAt(const std::vector<double>& cumulative, std::size_t x, std::size_t width) {
  const std::size_t last = ((x + 1) * cumulative.size() + width - 1) / width;
  return std::clamp(cumulative[std::max<std::size_t>(last, 1) - 1], 0.0, 1.0);
}

}  // namespace

std::string PlotPareto(const std::vector<double>& cumulative, std::size_t line_80, std::size_t width,
                       std::size_t height) {
  if (cumulative.empty() || width == 0 || height < 2) return {};
  const auto rows = static_cast<double>(height);
  const auto line_row = static_cast<std::size_t>(std::floor(kLine * rows));
  const std::size_t line_column = std::min(width - 1, (line_80 * width) / cumulative.size());
  std::string text;
  for (std::size_t row = height; row-- > 0;) {
    const bool is_line = row == line_row;
    text += row + 1 == height ? " 100 % |" : is_line ? "  80 % +" : row == 0 ? "   0 % |" : "       |";
    for (std::size_t x = 0; x < width; ++x) {
      const double filled = ShareAt(cumulative, x, width) * rows - static_cast<double>(row);
      const auto eighths = static_cast<std::size_t>(std::clamp(std::round(filled * 8), 0.0, 8.0));
      if (eighths == 0 && is_line) {
        text += "-";
      } else if (x == line_column && eighths == 8) {
        text += "│";
      } else {
        text += kBlocks[eighths];
      }
    }
    text += "\n";
  }
  text += "       +" + std::string(width, '-') + "\n";
  const std::string mark = fmt::format("^ {} of {} clients carry 80 %", line_80, cumulative.size());
  const std::size_t indent = 8 + std::min(line_column, width > mark.size() ? width - mark.size() : 0);
  return text + std::string(indent, ' ') + mark + "\n";
}

}  // namespace mainstay::cli
