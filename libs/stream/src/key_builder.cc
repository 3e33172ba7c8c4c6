#include "mainstay/stream/key_builder.h"

#include "mainstay/base/check.h"

namespace mainstay::stream {
namespace {
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;
}

std::string JoinKey(std::initializer_list<std::string_view> parts) {
  std::size_t size = parts.size();
  for (const std::string_view part : parts) size += part.size();
  std::string key;
  key.reserve(size);
  for (const std::string_view& part : parts) {
    if (&part != parts.begin()) key.push_back('\0');
    key.append(part);
  }
  return key;
}

std::vector<std::string_view> SplitKey(std::string_view key) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = key.find('\0');
    parts.push_back(key.substr(0, end));
    if (end == std::string_view::npos) return parts;
    key.remove_prefix(end + 1);
  }
}

void AppendOrderedInt64(std::string& key, std::int64_t number) {
  const std::uint64_t bits = static_cast<std::uint64_t>(number) ^ kSignBit;
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>((bits >> shift) & 0xff));
}

std::int64_t ReadOrderedInt64(std::string_view bytes) {
  MAINSTAY_CHECK(bytes.size() >= 8, "an ordered number has eight bytes");
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
  return static_cast<std::int64_t>(bits ^ kSignBit);
}

void AppendUint16(std::string& key, std::uint16_t number) {
  key.push_back(static_cast<char>(number >> 8));
  key.push_back(static_cast<char>(number & 0xff));
}

std::uint16_t ReadUint16(std::string_view bytes) {
  MAINSTAY_CHECK(bytes.size() >= 2, "a 16-bit number has two bytes");
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 | static_cast<unsigned char>(bytes[1]));
}

}  // namespace mainstay::stream
