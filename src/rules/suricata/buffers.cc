// SPDX-License-Identifier: GPL-2.0-or-later
// Sticky buffers, the older modifiers that move a content into a buffer, and transforms.
#include "handlers.h"
#include "hex.h"
#include "keyword_table.h"
#include "nfsieve/base/wording.h"

#include <array>
#include <utility>

namespace nfsieve::suricata {
namespace {

using Kind = Transform::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 12> transforms = {{
    {"dotprefix", Kind::dotprefix},
    {"to_lowercase", Kind::to_lowercase},
    {"to_uppercase", Kind::to_uppercase},
    {"strip_whitespace", Kind::strip_whitespace},
    {"compress_whitespace", Kind::compress_whitespace},
    {"strip_pseudo_headers", Kind::strip_pseudo_headers},
    {"header_lowercase", Kind::header_lowercase},
    {"url_decode", Kind::url_decode},
    {"from_base64", Kind::from_base64},
    {"to_md5", Kind::to_md5},
    {"to_sha1", Kind::to_sha1},
    {"to_sha256", Kind::to_sha256},
}};

} // namespace

void read_sticky(Draft& draft, const Option& option, const Keyword& keyword) {
    draft.open(option, keyword.buffer);
}

void read_pkt_data(Draft& draft, const Option& option, const Keyword&) {
    draft.open(option, std::nullopt);
}

void read_buffer_modifier(Draft& draft, const Option& option, const Keyword& keyword) {
    draft.move_last_content(option, keyword.buffer);
}

void read_transform(Draft& draft, const Option& option, const Keyword&) {
    BufferView* view = draft.open_view(option);
    if (view == nullptr)
        return;
    for (const auto& [name, kind] : transforms)
        if (name == option.keyword)
            view->transforms.push_back({kind, {}});
}

void read_xor(Draft& draft, const Option& option, const Keyword&) {
    BufferView* view = draft.open_view(option);
    const auto text = unquoted(option, true);
    if (view == nullptr || !text || text->text.size() % 2 != 0 || text->text.empty() || text->negated) {
        if (view != nullptr)
            draft.complain(option, "write the key in hexadecimal, two digits a byte, in quotes");
        return;
    }
    Transform transform{Kind::xor_key, {}};
    for (std::size_t i = 0; i < text->text.size(); i += 2) {
        const auto high = hex_digit(text->text[i]), low = hex_digit(text->text[i + 1]);
        if (!high || !low) {
            draft.complain(option, in_quotes(text->text) + " is not hexadecimal");
            return;
        }
        transform.argument += static_cast<char>(*high << 4 | *low);
    }
    view->transforms.push_back(std::move(transform));
}

void read_pcrexform(Draft& draft, const Option& option, const Keyword&) {
    BufferView* view = draft.open_view(option);
    const auto text = unquoted(option, true);
    if (view == nullptr)
        return;
    if (!text || text->text.empty() || text->negated)
        draft.complain(option, "write the pattern in quotes");
    else
        view->transforms.push_back({Kind::pcrexform, std::string(text->text)});
}

} // namespace nfsieve::suricata
