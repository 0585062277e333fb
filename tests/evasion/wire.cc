// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire.h"

#include "nfsieve/packet/checksum.h"

#include <algorithm>

namespace nfsieve::evasion {
namespace {

constexpr std::uint8_t protocol_tcp = 6;
namespace option {
constexpr std::uint8_t end = 0, nop = 1, mss = 2, window_scale = 3, sack_permitted = 4, sack = 5,
                       timestamps = 8, md5 = 19, unknown = 253;
}

class Writer {
public:
    explicit Writer(std::vector<std::uint8_t>& out) : out_(out) {}
    void u8(std::uint32_t value) { out_.push_back(static_cast<std::uint8_t>(value)); }
    void u16(std::uint32_t value) {
        u8(value >> 8);
        u8(value);
    }
    void u32(std::uint32_t value) {
        u16(value >> 16);
        u16(value);
    }
    void bytes(Bytes bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

private:
    std::vector<std::uint8_t>& out_;
};

void write_options(const WireSegment& segment, Writer& out, const std::vector<std::uint8_t>& buffer,
                   std::size_t begin) {
    if (segment.mss) {
        out.u16(option::mss << 8 | 4);
        out.u16(*segment.mss);
    }
    if (segment.sack_permitted) {
        out.u16(option::nop << 8 | option::nop);
        out.u16(option::sack_permitted << 8 | 2);
    }
    if (segment.timestamps) {
        out.u16(option::nop << 8 | option::nop);
        out.u16(option::timestamps << 8 | 10);
        out.u32(segment.timestamps->value);
        out.u32(segment.timestamps->echo);
    }
    if (segment.window_scale) {
        out.u8(option::nop);
        out.u16(option::window_scale << 8 | 3);
        out.u8(*segment.window_scale);
    }
    if (segment.md5) {
        out.u16(option::nop << 8 | option::nop);
        out.u16(option::md5 << 8 | 18);
        for (std::uint32_t i = 0; i < 16; ++i)
            out.u8(0xa0 + i);
    }
    if (segment.unknown)
        out.u32(std::uint32_t{option::unknown} << 24 | 0x4beef);
    if (segment.block_count != 0) {
        out.u16(option::nop << 8 | option::nop);
        out.u16(option::sack << 8 | (2U + 8U * segment.block_count));
        for (std::size_t i = 0; i < segment.block_count; ++i) {
            out.u32(segment.blocks[i].begin);
            out.u32(segment.blocks[i].end);
        }
    }
    while ((buffer.size() - begin) % 4 != 0)
        out.u8(option::end);
}

void read_options(Bytes options, WireSegment& segment) {
    ByteReader in(options);
    while (in.left() > 0) {
        const std::uint8_t kind = in.u8();
        if (kind == option::end)
            return;
        if (kind == option::nop)
            continue;
        const std::uint8_t size = in.u8();
        if (size < 2 || size - 2U > in.left())
            return;
        ByteReader value(in.bytes(size - 2U));
        switch (kind) {
        case option::mss:
            segment.mss = value.be16();
            break;
        case option::window_scale:
            segment.window_scale = value.u8();
            break;
        case option::sack_permitted:
            segment.sack_permitted = true;
            break;
        case option::timestamps: {
            const std::uint32_t own = value.be32();
            segment.timestamps = Timestamps{own, value.be32()};
            break;
        }
        default:
            break;
        }
    }
}

} // namespace

void encode(const WireSegment& segment, const Ends& ends, std::vector<std::uint8_t>& out) {
    out.clear();
    Writer write(out);
    const std::size_t width = ends.v6 ? 16 : 4;
    const Bytes source = Bytes(ends.source).first(width);
    const Bytes target = Bytes(ends.target).first(width);
    const std::size_t tcp = ends.v6 ? 40 : 20;
    if (ends.v6) {
        write.u32(0x60000000);
        write.u16(0); // length
        write.u8(protocol_tcp);
        write.u8(segment.hop_limit);
    } else {
        write.u16(0x4500);
        write.u16(0); // length
        write.u32(0x4000);
        write.u8(segment.hop_limit);
        write.u8(protocol_tcp);
        write.u16(0); // checksum
    }
    write.bytes(source);
    write.bytes(target);
    write.u16(ends.source_port);
    write.u16(ends.target_port);
    write.u32(segment.sequence);
    write.u32(segment.acknowledgment);
    write.u8(0); // data offset
    write.u8(segment.flags);
    write.u16(segment.window);
    write.u16(0); // checksum
    write.u16(segment.urgent_pointer);
    write_options(segment, write, out, tcp);
    out[tcp + 12] = static_cast<std::uint8_t>((out.size() - tcp) / 4 << 4);
    write.bytes(segment.payload);

    const std::size_t size = out.size() - tcp;
    if (ends.v6) {
        store_be16(&out[4], static_cast<std::uint16_t>(size));
    } else {
        store_be16(&out[2], static_cast<std::uint16_t>(out.size()));
        store_be16(&out[10], static_cast<std::uint16_t>(~ones_sum(Bytes(out).first(20))));
    }
    const std::uint32_t pseudo =
        std::uint32_t{ones_sum(source)} + ones_sum(target) + protocol_tcp + static_cast<std::uint32_t>(size);
    auto sum = static_cast<std::uint16_t>(~ones_sum(Bytes(out).subspan(tcp), pseudo));
    if (!segment.good_checksum)
        sum ^= 0x5a5a;
    store_be16(&out[tcp + 16], sum);
}

std::optional<Received> parse(Bytes packet) {
    if (packet.size() < 40)
        return std::nullopt;
    Received read;
    read.ends.v6 = packet[0] >> 4 == 6;
    std::size_t tcp = 40;
    std::size_t end = 0;
    const std::size_t addresses = read.ends.v6 ? 8 : 12;
    const std::size_t width = read.ends.v6 ? 16 : 4;
    if (read.ends.v6) {
        end = tcp + load_be16(&packet[4]);
    } else {
        tcp = std::size_t{packet[0] & 15U} * 4;
        end = load_be16(&packet[2]);
    }
    if (packet[read.ends.v6 ? 6 : 9] != protocol_tcp || end > packet.size() || end < tcp + 20)
        return std::nullopt;
    std::copy_n(&packet[addresses], width, read.ends.source.begin());
    std::copy_n(&packet[addresses + width], width, read.ends.target.begin());
    const Bytes rest = packet.subspan(tcp, end - tcp);
    ByteReader in(rest);
    read.ends.source_port = in.be16();
    read.ends.target_port = in.be16();
    read.segment.sequence = in.be32();
    read.segment.acknowledgment = in.be32();
    const std::size_t header = static_cast<std::size_t>(in.u8() >> 4) * 4;
    read.segment.flags = in.u8();
    read.segment.window = in.be16();
    if (header < 20 || header > rest.size())
        return std::nullopt;
    read_options(rest.subspan(20, header - 20), read.segment);
    read.segment.payload = rest.subspan(header);
    return read;
}

} // namespace nfsieve::evasion
