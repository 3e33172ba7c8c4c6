// Composite keys of state tables: parts joined by NUL (ids never contain it), numbers in key order.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace mainstay::stream {

// "north\0acme"
[[nodiscard]] std::string JoinKey(std::initializer_list<std::string_view> parts);
// The parts of a joined key.
[[nodiscard]] std::vector<std::string_view> SplitKey(std::string_view key);

// Eight bytes that sort as the number does, negative ones first.
void AppendOrderedInt64(std::string& key, std::int64_t number);
// Reads what AppendOrderedInt64 wrote at the start of `bytes`. REQUIRES: at least eight bytes.
[[nodiscard]] std::int64_t ReadOrderedInt64(std::string_view bytes);
void AppendUint16(std::string& key, std::uint16_t number);
[[nodiscard]] std::uint16_t ReadUint16(std::string_view bytes);

}  // namespace mainstay::stream
