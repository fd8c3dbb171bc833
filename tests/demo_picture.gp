# Draws what was received: gnuplot -e "folder='...'; headline='...'; caption='...'; duration=...;
#   rate=...; columns=...; rows=..." THIS
# In the folder: envelope.dat (seconds, then lowest and highest sample of each channel, -1 to 1) and
# spectrum.png (columns x rows, grey, 0 is FLOOR dBFS and 255 is 0 dBFS, from 0 Hz to half the rate).
FLOOR = -120.0
set terminal pngcairo noenhanced size 1280,880 font "DejaVu Sans,11" background rgb "#ffffff"
set output folder.'/received.png'

set encoding utf8
set minussign
set multiplot
set lmargin at screen 0.075
set rmargin at screen 0.905
set border lc rgb "#606060"
set tics textcolor rgb "#404040" nomirror out scale 0.6
set xrange [0:duration]
set label 1 headline at screen 0.075, screen 0.965 font "DejaVu Sans Bold,13"
set label 2 caption at screen 0.075, screen 0.935 textcolor rgb "#606060"

# Waveforms, on a scale of dBFS that is linear in amplitude.
set style fill solid 1.0 noborder
set yrange [-1:1]
set ytics ("0" 1, "−6" 0.501, "−∞" 0, "−6" -0.501, "0" -1)
set grid xtics ytics back lt 1 lw 0.6 lc rgb "#dcdcdc"
set format x ""
unset key

set tmargin at screen 0.905
set bmargin at screen 0.755
set label 3 "left\ndBFS" at screen 0.022, screen 0.83 center rotate textcolor rgb "#404040"
plot folder.'/envelope.dat' using 1:2:3 with filledcurves lc rgb "#2a6f97"

unset label
set tmargin at screen 0.735
set bmargin at screen 0.585
set label 3 "right\ndBFS" at screen 0.022, screen 0.66 center rotate textcolor rgb "#404040"
plot folder.'/envelope.dat' using 1:4:5 with filledcurves lc rgb "#c1666b"

# Spectrogram; the palette rises evenly in lightness, so that it can be read in grey as well.
set tmargin at screen 0.555
set bmargin at screen 0.075
unset grid
set format x "%g"
set xlabel "seconds" offset 0,0.3 textcolor rgb "#404040"
set label 3 "both channels\nkHz" at screen 0.022, screen 0.315 center rotate textcolor rgb "#404040"
set yrange [0:rate/2000.0]
set ytics 0,2 format "%g"
set palette defined (0 "#000004", 0.13 "#1b0c41", 0.25 "#4a0c6b", 0.38 "#781c6d", 0.5 "#a52c60", \
    0.63 "#cf4446", 0.75 "#ed6925", 0.87 "#fb9b06", 0.95 "#f7d13d", 1 "#fcffa4")
set cbrange [FLOOR:0]
set cblabel "dBFS" textcolor rgb "#404040"
set cbtics 24 format "%g"
set colorbox user origin screen 0.92, screen 0.075 size screen 0.015, screen 0.48 noborder
dx = duration / columns
dy = rate / 2000.0 / rows
plot folder.'/spectrum.png' binary filetype=png origin=(dx/2, dy/2) dx=dx dy=dy \
    using (FLOOR * (1 - $1 / 255.0)) with image
unset multiplot
