// The Pareto curve as text: cumulative share of revenue over the ranked clients, with the 80 % line.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mainstay::cli {

// `cumulative`: the cumulative share after each client, best first. `line_80`: how many clients carry 80 %.
// Empty for no clients. `width` x `height` are the inside of the plot, in characters.
[[nodiscard]] std::string PlotPareto(const std::vector<double>& cumulative, std::size_t line_80, std::size_t width,
                                     std::size_t height);

}  // namespace mainstay::cli
