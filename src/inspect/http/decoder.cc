// SPDX-License-Identifier: GPL-2.0-or-later
#include "decoder.h"
#include "small_letters.h"

#include <algorithm>
#include <array>
#include <string>

namespace nfsieve::http {
namespace {

constexpr std::uint64_t harmless = std::uint64_t{1} << 20; ///< decoded bytes that are never a bomb

/// Codings that receivers know and this program cannot undo.
constexpr std::array<std::string_view, 8> unreadable = {"zstd",  "lzma",       "xz",  "compress",
                                                        "bzip2", "x-compress", "dcb", "dcz"};

std::string lower(std::string_view word) {
    std::string copy(word);
    std::transform(copy.begin(), copy.end(), copy.begin(), small);
    return copy;
}

bool has(std::string_view word, std::string_view part) {
    return word.find(part) != std::string_view::npos;
}

} // namespace

/// What a layer writes to: the next one, or in the end the body's owner.
class Decoder::Stage : public ByteSink {
public:
    Stage(Decoder& decoder, std::size_t next, ByteSink& out) : decoder_(decoder), next_(next), out_(out) {}
    bool take(Bytes bytes) override { return decoder_.put_into(next_, bytes, out_); }

private:
    Decoder& decoder_;
    std::size_t next_;
    ByteSink& out_;
};

Decoder::Trouble Decoder::set_up(std::string_view content_encoding) {
    Trouble trouble;
    layers_.clear();
    constexpr std::string_view separators = ", \t";
    constexpr std::size_t usual = 2;
    std::size_t codings = 0;
    for (std::size_t at = 0;;) {
        at = content_encoding.find_first_not_of(separators, at);
        if (at == std::string_view::npos)
            break;
        const std::size_t end =
            std::min(content_encoding.find_first_of(separators, at), content_encoding.size());
        const std::string word = lower(content_encoding.substr(at, end - at));
        at = end;
        trouble.many_layers = ++codings > usual;
        std::unique_ptr<Coding> layer;
        if (has(word, "gzip"))
            layer = make_inflate(true);
        else if (has(word, "deflate"))
            layer = make_inflate(false);
        else if (word == "br")
            layer = make_brotli();
        else if (std::find(unreadable.begin(), unreadable.end(), word) != unreadable.end())
            trouble.unreadable = true;
        else
            trouble.abnormal = trouble.abnormal || (word != "identity" && word != "inflate");
        if (!layer)
            continue;
        trouble.abnormal = trouble.abnormal || !(word == "gzip" || word == "x-gzip" || word == "deflate" ||
                                                 word == "x-deflate" || word == "br");
        if (layers_.size() == limits_.layers) {
            trouble.too_many_layers = true;
            break;
        }
        layers_.push_back(std::move(layer));
    }
    std::reverse(layers_.begin(), layers_.end()); // the coding that was applied last is undone first
    return trouble;
}

bool Decoder::put(Bytes bytes, ByteSink& out) {
    in_ += bytes.size();
    return put_into(0, bytes, out);
}

bool Decoder::put_into(std::size_t layer, Bytes bytes, ByteSink& out) {
    if (layer > 0) { // what an inner layer swallows has cost as much
        out_ += bytes.size();
        if (out_ > harmless && out_ / limits_.expansion > in_) {
            bomb_ = true;
            return false;
        }
    }
    if (layer == layers_.size())
        return out.take(bytes);
    Stage next(*this, layer + 1, out);
    return layers_[layer]->put(bytes, next);
}

bool Decoder::end(ByteSink& out) {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        Stage next(*this, i + 1, out);
        if (!layers_[i]->end(next))
            return false;
    }
    return true;
}

bool Decoder::failed() const {
    return std::any_of(layers_.begin(), layers_.end(), [](const auto& layer) { return layer->failed(); });
}

std::size_t Decoder::memory() const {
    std::size_t sum = 0;
    for (const auto& layer : layers_)
        sum += layer->memory();
    return sum;
}

} // namespace nfsieve::http
