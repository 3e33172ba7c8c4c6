// What text from outside may look like.
#pragma once

#include <string>
#include <string_view>

namespace mainstay::wire {

inline constexpr std::size_t kMaxIdBytes = 256;

[[nodiscard]] bool IsUtf8(std::string_view text);
// Why `text` is no id, for a person; empty if it is one.
[[nodiscard]] std::string WhyNoId(std::string_view text);
// `text` in quotes for a message: cut to 60 bytes, with everything but printable ASCII as '?'.
[[nodiscard]] std::string Quoted(std::string_view text);
// The shortest text that reads back as `number`.
[[nodiscard]] std::string Shown(double number);

}  // namespace mainstay::wire
