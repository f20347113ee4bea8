"""Gradio's theme: every colour is one of our style sheet's, so that light and dark are decided in one place."""

from __future__ import annotations

import gradio as gr


def theme() -> gr.themes.Base:
    """Give a theme whose colours are those of our style sheet."""
    sans = ["system-ui", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif"]
    base = gr.themes.Base(font=sans, font_mono=["monospace"], radius_size=gr.themes.sizes.radius_sm)
    colours = {
        "body_background_fill": "var(--side)",
        "body_text_color": "var(--tekst)",
        "body_text_color_subdued": "var(--daempet)",
        "background_fill_primary": "var(--flade)",
        "background_fill_secondary": "var(--side)",
        "block_background_fill": "transparent",
        "block_border_color": "var(--streg)",
        "block_label_text_color": "var(--tekst)",
        "block_title_text_color": "var(--tekst)",
        "border_color_primary": "var(--streg)",
        "input_background_fill": "var(--flade)",
        "input_background_fill_focus": "var(--flade)",
        "input_border_color": "var(--kant)",
        "input_border_color_focus": "var(--link)",
        "input_placeholder_color": "var(--daempet)",
        "button_primary_background_fill": "var(--knap)",
        "button_primary_background_fill_hover": "var(--knap-over)",
        "button_primary_text_color": "var(--knap-tekst)",
        "button_secondary_background_fill": "var(--flade)",
        "button_secondary_background_fill_hover": "var(--svag)",
        "button_secondary_text_color": "var(--tekst)",
        "link_text_color": "var(--link)",
        "color_accent_soft": "var(--svag)",
        "checkbox_background_color": "var(--flade)",
        "checkbox_background_color_selected": "var(--knap)",
        "checkbox_border_color": "var(--kant)",
        "checkbox_border_color_selected": "var(--knap)",
        "checkbox_label_background_fill": "var(--flade)",
        "checkbox_label_background_fill_hover": "var(--svag)",
        "checkbox_label_background_fill_selected": "var(--flade)",
        "checkbox_label_text_color": "var(--tekst)",
        "checkbox_label_text_color_selected": "var(--tekst)",
    }
    return base.set(**colours, **{f"{name}_dark": value for name, value in colours.items()})
