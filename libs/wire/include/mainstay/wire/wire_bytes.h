// Reading and writing protobuf's wire format by hand, for what is decoded with every record: nothing is copied.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace mainstay::wire {

// Numbers of either sign, small where they are near zero.
[[nodiscard]] constexpr std::uint64_t ZigZag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
[[nodiscard]] constexpr std::int64_t FromZigZag(std::uint64_t folded) {
  return static_cast<std::int64_t>(folded >> 1) ^ -static_cast<std::int64_t>(folded & 1);
}

// Reads in place: what it takes views the bytes given. Every Take returns false at the end or at damage.
class WireBytes {
 public:
  explicit WireBytes(std::string_view rest) : rest_(rest) {}
  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  bool TakeVarint(std::uint64_t* value) {
    *value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      *value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  // Differences, which may be negative.
  bool TakeZigZag(std::int64_t* value) {
    std::uint64_t folded = 0;
    if (!TakeVarint(&folded)) return false;
    *value = FromZigZag(folded);
    return true;
  }
  bool TakeBytes(std::uint64_t size, std::string_view* bytes) {
    if (size > rest_.size()) return false;
    *bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  // Its size, then itself.
  bool TakeText(std::string_view* text) {
    std::uint64_t size = 0;
    return TakeVarint(&size) && TakeBytes(size, text);
  }
  // The value of a field that nobody asks for.
  bool Skip(std::uint64_t wire_type) {
    std::uint64_t number = 0;
    std::string_view bytes;
    switch (wire_type) {
      case 0: return TakeVarint(&number);
      case 1: return TakeBytes(8, &bytes);
      case 2: return TakeText(&bytes);
      case 5: return TakeBytes(4, &bytes);
      default: return false;  // Groups, which no message of ours has had.
    }
  }

 private:
  std::string_view rest_;
};

inline constexpr std::size_t kMostVarintBytes = 10;

// Returns the end of what it wrote. REQUIRES: room for kMostVarintBytes.
inline char* PutVarint(std::uint64_t value, char* to) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}
inline void AppendVarint(std::uint64_t value, std::string& to) {
  std::array<char, kMostVarintBytes> bytes;
  to.append(bytes.data(), PutVarint(value, bytes.data()));
}
inline void AppendZigZag(std::int64_t value, std::string& to) { AppendVarint(ZigZag(value), to); }

// Appends to memory that has room for most records from the start: a string asks at each append.
class ByteWriter {
 public:
  ByteWriter() : memory_(std::make_unique_for_overwrite<char[]>(kUsualBytes)), capacity_(kUsualBytes) {}
  [[nodiscard]] std::string_view bytes() const { return {memory_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }

  void Varint(std::uint64_t value) {
    MakeRoomFor(kMostVarintBytes);
    size_ = static_cast<std::size_t>(PutVarint(value, memory_.get() + size_) - memory_.get());
  }
  void ZigZag(std::int64_t value) { Varint(wire::ZigZag(value)); }
  void Byte(char byte) {
    MakeRoomFor(1);
    memory_[size_++] = byte;
  }
  void Bytes(std::string_view bytes) {
    if (bytes.empty()) return;
    MakeRoomFor(bytes.size());
    std::memcpy(memory_.get() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  // Puts the size of what was written after `place`, where a byte is free for it, there. Most sizes take one byte.
  void SizeAt(std::size_t place) {
    const std::size_t size = size_ - place - 1;
    memory_[place] = static_cast<char>(size);
    if (size >= 0x80) LongSizeAt(place, size);
  }

 private:
  static constexpr std::size_t kUsualBytes = 1024;

  void MakeRoomFor(std::size_t more) {
    if (capacity_ - size_ < more) Grow(more);
  }
  void Grow(std::size_t more) {
    capacity_ = std::max(2 * capacity_, size_ + more);
    auto memory = std::make_unique_for_overwrite<char[]>(capacity_);
    std::memcpy(memory.get(), memory_.get(), size_);
    memory_ = std::move(memory);
  }
  void LongSizeAt(std::size_t place, std::size_t size) {
    std::array<char, kMostVarintBytes> bytes;
    const auto taken = static_cast<std::size_t>(PutVarint(size, bytes.data()) - bytes.data());
    MakeRoomFor(taken - 1);
    std::memmove(memory_.get() + place + taken, memory_.get() + place + 1, size);
    std::memcpy(memory_.get() + place, bytes.data(), taken);
    size_ += taken - 1;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

}  // namespace mainstay::wire
